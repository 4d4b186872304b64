/** All files that change when a project moves to the bridge, and how they are written. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../../exit-code.ts";
import type { TypeScript } from "../javascript/parser-package.ts";
import type { SourceFile } from "../source-files.ts";
import { bridgeEdit } from "./bridge-edit.ts";
import { manifestEdit, namesPackage } from "./manifest-edit.ts";

/** One file that changes. */
export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** See the head of this file. */
export interface BridgePlan {
  readonly changes: readonly FileChange[];
  /** What a person has to do, with the place. */
  readonly problems: readonly string[];
}

/** Finds the changes. */
export function planBridge(
  typescript: TypeScript,
  files: readonly SourceFile[],
  version: string,
): BridgePlan {
  const changes: FileChange[] = [];
  const problems: string[] = [];
  for (const { path, kind, text } of files) {
    let after = text;
    if (kind === "manifest") after = manifestEdit(path, text, `^${version}`);
    else if (kind === "javascript" && text.includes("socket.io")) {
      const edit = bridgeEdit(typescript, path, text);
      after = edit.text;
      problems.push(...edit.problems.map((problem) => `${path}:${problem.line}: ${problem.text}`));
    }
    if (after !== text) changes.push({ path, before: text, after });
  }
  const manifests = files.filter(({ kind }) => kind === "manifest");
  const has = (name: string) => manifests.some(({ path, text }) => namesPackage(path, text, name));
  const isChanged = manifests.some(({ path }) => changes.some((change) => change.path === path));
  if (changes.length > 0 && !isChanged && !has("roomcast"))
    problems.push(
      "no package.json here names socket.io: install roomcast where the program has its packages",
    );
  if (isChanged && !has("socket.io-client"))
    problems.push(
      "pages that load /socket.io/socket.io.js need the package socket.io-client beside roomcast",
    );
  return { changes, problems };
}

/**
 * Writes the files, if none has changed since it was read.
 *
 * @throws CommandFailure when one has
 */
export function writeChanges(folder: string, changes: readonly FileChange[]): void {
  for (const { path, before } of changes)
    if (readFileSync(join(folder, path), "utf8") !== before)
      throw new CommandFailure(
        exitCodes.refused,
        `${path} changed at this moment; nothing was written. Try again.`,
      );
  for (const { path, after } of changes) writeFileSync(join(folder, path), after);
}
