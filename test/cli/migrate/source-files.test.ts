import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findSourceFiles } from "../../../src/cli/migrate/source-files.ts";

it("reads programs, and neither installed packages nor built files, nor through links", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-sources-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const inner of ["node_modules/socket.io", "dist", ".git", "src", "venv"])
    mkdirSync(join(folder, inner), { recursive: true });
  const paths = [
    ...["node_modules/socket.io/index.js", "dist/a.js", ".git/b.js", "venv/c.py", "src/d.mts", "e.py"],
    ...["index.html", "package.json", "tsconfig.json", "f.min.js"],
  ];
  for (const path of paths) writeFileSync(join(folder, path), "{}");
  symlinkSync(folder, join(folder, "src", "loop"));
  const { files, skipped } = findSourceFiles(folder);
  expect(files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    ...["python e.py", "page index.html", "manifest package.json", "javascript src/d.mts"],
  ]);
  expect(skipped).toBe(1);
});
