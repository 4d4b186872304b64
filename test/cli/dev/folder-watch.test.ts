import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FolderWatch } from "../../../src/cli/dev/folder-watch.ts";
import { soon } from "../../support/waiting.ts";

it("tells of programs that change, also in new folders, and of nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-watch-"));
  for (const inner of ["src", "node_modules/a"]) mkdirSync(join(folder, inner), { recursive: true });
  writeFileSync(join(folder, "src/a.ts"), "");
  const changed: string[] = [];
  const watch = new FolderWatch(folder, {
    changed: (path) => changed.push(relative(folder, path)),
    failed: (error) => changed.push(error.message),
  });
  onTestFinished(() => {
    watch.close();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "node_modules/a/index.js"), "1");
  writeFileSync(join(folder, "data.json"), "1");
  writeFileSync(join(folder, "page.tsx"), "1");
  appendFileSync(join(folder, "src/a.ts"), "1");
  await soon(() => changed).toEqual(["src/a.ts"]);
  mkdirSync(join(folder, "later"));
  // The folder is watched a moment after it is there: a later write is seen.
  await soon(() => {
    appendFileSync(join(folder, "later/b.mjs"), "1");
    return changed;
  }).toContain("later/b.mjs");
  expect(changed.every((path) => ["src/a.ts", "later/b.mjs"].includes(path))).toBe(true);
});
