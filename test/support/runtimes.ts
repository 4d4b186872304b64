/** The other runtimes that the tests run servers on. `npm test` says where they are, and skips what is missing. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A runtime. */
export interface Runtime {
  readonly name: string;
  /** Where its program is; `undefined` where the tests go without it. */
  readonly path: string | undefined;
  /** What it needs to run TypeScript. */
  readonly arguments: readonly string[];
}

/** Bun. */
export const bun: Runtime = {
  name: "Bun",
  path: found("BUN", "node_modules/@oven", "bin/bun"),
  arguments: [],
};

/** The current LTS of Node. */
export const nodeLts: Runtime = {
  name: "the current LTS of Node",
  path: found("NODE_LTS", "test/runtime/node-lts/node_modules", "bin/node"),
  arguments: ["--import", "tsx"],
};

/** A program by its variable, or in npm's packages for the several platforms, of which one is installed. */
function found(variable: string, folder: string, binary: string): string | undefined {
  if (process.env[`ROOMCAST_SKIP_${variable}`] === "1") return undefined;
  const packages = join(root, folder);
  const installed = existsSync(packages) ? readdirSync(packages) : [];
  return process.env[variable] ?? installed.map((name) => join(packages, name, binary)).find(existsSync);
}
