/** An uncaught error must not affect other handlers. Newer versions of Node pass contexts on differently. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { nodeLts } from "../support/runtimes.ts";

const program = fileURLToPath(new URL("support/survived-error-program.ts", import.meta.url));

const runtimes = [{ name: "this version of Node", path: process.execPath }, nodeLts];

for (const { name, path } of runtimes) {
  it.skipIf(path === undefined)(
    `a stream's error that a task has left behind ends no sleep of other clients' handlers, on ${name}`,
    { timeout: 60_000 },
    async () => {
      const { stdout } = await promisify(execFile)(path ?? "", ["--import", "tsx", program]);
      expect(stdout).toBe("slept\n");
    },
  );
}
