/** The other runtimes that the tests run servers in. They come from npm, one package for each platform. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A runtime, and where it is. */
export interface Runtime {
  readonly name: string;
  /** Where its program is; `undefined` where none starts here. */
  readonly path: string | undefined;
}

/** Bun, or the one that the variable BUN names. */
export const bun: Runtime = found("Bun", process.env.BUN, () =>
  childrenOf("@oven").map((name) => join(packages, "@oven", name, "bin/bun")),
);

function childrenOf(folder: string): string[] {
  const path = join(packages, folder);
  return existsSync(path) ? readdirSync(path) : [];
}

/** Where CI is set, a runtime that is missing is a failure; elsewhere its tests are skipped, with a line that says so. */
function found(name: string, named: string | undefined, candidates: () => string[]): Runtime {
  const path = (named ? [named] : candidates()).find(starts);
  if (path === undefined) {
    const line = `${name} has no program that starts here, so its tests are skipped.`;
    if (!["", "0", "false", "no"].includes((process.env.CI ?? "").toLowerCase())) {
      throw new Error(`${line} CI must not skip them.`);
    }
    console.warn(line);
  }
  return { name, path };
}

function starts(path: string): boolean {
  return (
    existsSync(path) && spawnSync(path, ["--version"], { stdio: "ignore", timeout: 20_000 }).status === 0
  );
}
