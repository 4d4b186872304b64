#!/usr/bin/env node
/** The program `roomcast`, as npm installs it. What `--version` does not need is loaded later. */

import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import("./main.ts");
  await main(argv, version);
}
