import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { findProgram, loaderOptions, preloadModule } from "../../../src/cli/dev/program-start.ts";

const here = fileURLToPath(import.meta.url);

it("finds the program that is named", () => {
  expect(findProgram(here)).toBe(here);
  expect(() => findProgram("nowhere.ts")).toThrow('The file "nowhere.ts" is not there.');
});

it("loads TypeScript with tsx, and says what to install without it", () => {
  expect(loaderOptions(here)).toEqual(["--import", expect.stringMatching(/^file:.*tsx/)]);
  expect(loaderOptions("/a/server.js")).toEqual([]);
  const folder = mkdtempSync(join(tmpdir(), "roomcast-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "server.ts");
  writeFileSync(file, "");
  if ((process.features as { typescript?: unknown }).typescript) expect(loaderOptions(file)).toEqual([]);
  else expect(() => loaderOptions(file)).toThrow("npm install --save-dev tsx");
});

it("finds the module that is loaded before the program", () => {
  expect(existsSync(new URL(preloadModule()))).toBe(true);
});
