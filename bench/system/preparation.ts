/** Prepares a measurement: the built package, and the other servers. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "bench");

/** Builds Roomcast if a source is newer than the build. */
export function buildIfStale(say: (line: string) => void): void {
  const built = join(root, "dist/index.js");
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const newest = Math.max(...sources.map((path) => statSync(join(root, "src", path)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  say("Building Roomcast.");
  run(process.execPath, [join(root, "scripts/build.mjs")], root);
}

/** Installs the packages of `bench/package-lock.json`, if they are missing. */
export function installIfMissing(say: (line: string) => void): void {
  const installed = join(bench, "node_modules/.package-lock.json");
  const wanted = join(bench, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  say("Installing the other servers (once, about 250 MB).");
  run("npm", ["ci", "--loglevel=error"], bench);
}

function run(file: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(file, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}.`);
}
