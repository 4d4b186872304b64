/** Finds TypeScript's parser, which reads JavaScript, too: in the project, or beside this package. */

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type typescript from "typescript-5.4";
import { CommandFailure, exitCodes } from "../../exit-code.ts";

/** The parser with its types. */
export type TypeScript = typeof typescript;

/** Names under which programs have it. TypeScript 7 has no parser for other programs. */
const names = ["typescript", "typescript-parser"];

/**
 * Loads the parser.
 *
 * @param folder - the project; its own TypeScript comes first
 * @throws CommandFailure when there is none: it says what to install
 */
export function loadTypeScript(folder: string): TypeScript {
  const found: string[] = [];
  for (const base of [join(resolve(folder), "package.json"), import.meta.url]) {
    const require = createRequire(base);
    for (const name of names) {
      const module = requireOrNothing(require, name);
      if (module === undefined) continue;
      if (isParser(module)) return module;
      found.push(String((module as { version?: unknown }).version ?? "of an unknown version"));
    }
  }
  const reason =
    found.length === 0
      ? "It is not installed"
      : `TypeScript ${found[0]} is installed, which gives other programs no parser`;
  throw new CommandFailure(
    exitCodes.refused,
    `migrate reads programs with TypeScript's parser. ${reason}: npm install --no-save typescript-parser@npm:typescript@5`,
  );
}

function requireOrNothing(require: NodeJS.Require, name: string): unknown {
  try {
    return require(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return undefined;
    throw error;
  }
}

function isParser(module: unknown): module is TypeScript {
  return typeof (module as { createSourceFile?: unknown } | null)?.createSourceFile === "function";
}
