import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { workTreeState } from "../../../../src/cli/migrate/bridge/work-tree.ts";

it("tells a clean folder from one with changes, and from one that git does not know", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-work-tree-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(workTreeState(folder)).toEqual({ type: "none" });
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
  expect(workTreeState(folder)).toEqual({ type: "clean" });
  writeFileSync(join(folder, "a.js"), "");
  expect(workTreeState(folder)).toEqual({ type: "dirty", paths: ["a.js"] });
});
