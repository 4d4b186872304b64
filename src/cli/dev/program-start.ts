/** How Node runs a program: which file, and what loads TypeScript. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { quoted } from "../../base/printable.ts";
import { CommandFailure, exitCodes, usageFailure } from "../exit-code.ts";

/** Files that are looked for where none is named. */
const usualFiles: readonly string[] = [
  "server",
  "src/server",
  "index",
  "src/index",
  "app",
  "src/app",
].flatMap((name) => ["ts", "js", "mjs", "mts", "cjs"].map((end) => `${name}.${end}`));

/** The whole path of the program. */
export function findProgram(given: string | undefined): string {
  if (given !== undefined) {
    const path = resolve(given);
    if (existsSync(path)) return path;
    throw usageFailure(`The file ${quoted(given)} is not there.`);
  }
  const found = [mainOf("package.json"), ...usualFiles].find(
    (name) => name !== undefined && existsSync(name),
  );
  if (found !== undefined) return resolve(found);
  throw usageFailure(
    "There is no server.ts, server.js or index.js here. Name the program: roomcast dev <file>",
  );
}

function mainOf(manifest: string): string | undefined {
  if (!existsSync(manifest)) return undefined;
  try {
    const { main } = JSON.parse(readFileSync(manifest, "utf8")) as { main?: unknown };
    return typeof main === "string" ? main : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Node's options for a program.
 *
 * @throws CommandFailure when nothing reads its TypeScript
 */
export function loaderOptions(file: string): string[] {
  if (!/\.[cm]?tsx?$/.test(file)) return [];
  try {
    const loader = createRequire(file).resolve("tsx");
    return ["--import", pathToFileURL(loader).href];
  } catch {
    if ((process.features as { typescript?: unknown }).typescript) return [];
    throw new CommandFailure(
      exitCodes.refused,
      `${quoted(file)} is TypeScript, which this version of Node does not run by itself: npm install --save-dev tsx`,
    );
  }
}

/** Where the module is that is loaded before the program: beside this file, or beside the bundle. */
export function preloadModule(): string {
  const names = ["dev-preload.js", "dev-preload.ts"];
  const urls = names.map((name) => new URL(name, import.meta.url));
  const found = urls.find((url) => existsSync(url));
  if (found === undefined) throw new Error("The package is not complete: install roomcast again.");
  return found.href;
}
