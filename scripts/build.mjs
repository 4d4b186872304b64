/** Builds the package: `dist/` from `src/`, and checks that everything package.json promises is there. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");

if (!existsSync(compiler)) fail("TypeScript is not installed: run `npm ci` first.");

rmSync(join(root, "dist"), { recursive: true, force: true });

const { status, error } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) fail(`the compiler reported errors${error ? `: ${error.message}` : ""}.`, status ?? 1);

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const missing = targets(manifest.exports).filter((path) => !existsSync(join(root, path)));
if (missing.length > 0)
  fail(`"exports" in package.json names files that were not built: ${missing.join(", ")}`);

/**
 * All files that an `exports` value leads to, whatever conditions it is nested in.
 *
 * @param {unknown} value
 * @returns {string[]}
 */
function targets(value) {
  if (typeof value === "string") return [value];
  return value === null || typeof value !== "object" ? [] : Object.values(value).flatMap(targets);
}

/**
 * @param {string} reason
 * @param {number} [code]
 * @returns {never}
 */
function fail(reason, code = 1) {
  console.error(`The build failed: ${reason}`);
  process.exit(code);
}
