/**
 * Bundles each program of a trial into one file, so that a process that replaces a killed one starts quickly.
 */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Packages resolve from this folder.
const folder = join(root, "node_modules/.cache/history", String(process.pid));
const compiled = new Map<string, Promise<string>>();

/** Path of the bundled form of a program in this folder. It is deleted when this process ends. */
export function program(name: string): Promise<string> {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const output = compile(name);
  compiled.set(name, output);
  return output;
}

async function compile(name: string): Promise<string> {
  if (compiled.size === 0) process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, name.replace(/ts$/, "mjs"));
  await build({
    entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
    outfile,
    bundle: true,
    packages: "external",
    alias: { roomcast: join(root, "src/index.ts") },
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
  });
  return outfile;
}
