/** Whether git can bring back what a change of files overwrites. */

import { execFileSync } from "node:child_process";

/** The state of a folder. */
export type WorkTreeState =
  | { readonly type: "clean" }
  /** Some of its files, with changes that are not committed. */
  | { readonly type: "dirty"; readonly paths: readonly string[] }
  | { readonly type: "none" };

/** Asks git about a folder. */
export function workTreeState(folder: string): WorkTreeState {
  let output: string;
  try {
    output = execFileSync("git", ["status", "--porcelain", "--", "."], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    // Not installed, or no work tree.
    return { type: "none" };
  }
  const paths = output
    .split("\n")
    .filter(Boolean)
    .map((line) => line.slice(3));
  return paths.length === 0 ? { type: "clean" } : { type: "dirty", paths };
}
