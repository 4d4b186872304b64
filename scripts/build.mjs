/**
 * Builds the package, and checks that everything package.json promises is there:
 *
 *     npm run build             dist/
 *     npm run build -- FOLDER   what dist/ would hold, in that folder
 */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const usage = "npm run build [-- FOLDER]: builds the package into dist/, or into FOLDER.";
const [folder = join(root, "dist"), ...more] = process.argv.slice(2);
if (folder === "--help" || folder === "-h") {
  console.log(usage);
  process.exit();
}
// It would be removed, and a folder of such a name is hard to get rid of.
if (folder.startsWith("-") || more.length > 0) {
  const unknown = folder.startsWith("-") ? folder : more.join(" ");
  fail(`${unknown} is not known.\n${usage}`);
}
const dist = resolve(folder);
if (!relative(dist, root).startsWith("..")) fail(`${dist} holds the sources, and would be removed.`);

for (const name of ["typescript", "rolldown"]) {
  if (!existsSync(join(root, "node_modules", name))) fail(`${name} is not installed: run \`npm ci\` first.`);
}
const { writeDeclarations, writeModules, writePage, writePortableModules, writeProgram } = await import(
  "./bundle.mjs"
);

rmSync(dist, { recursive: true, force: true });
try {
  await Promise.all([
    writeDeclarations(dist),
    writeModules(dist),
    writePortableModules(dist),
    writePage(dist),
    writeProgram(dist),
  ]);
} catch (error) {
  fail(error.message);
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const missing = targets([manifest.exports, manifest.bin]).filter((path) => !existsSync(placeOf(path)));
if (missing.length > 0) fail(`package.json names files that were not built: ${missing.join(", ")}`);

/** Where a file of the package lies. */
function placeOf(path) {
  const inDist = relative("dist", path);
  return inDist.startsWith("..") ? join(root, path) : join(dist, inDist);
}

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
 * @returns {never}
 */
function fail(reason) {
  console.error(`The build failed: ${reason}`);
  process.exit(1);
}
