/**
 * The rule of tests: every file of `src/` that has logic has a test of its name. Works on sources in memory
 * and knows no file system, so that fake trees can show it failing.
 */

import { parseAst } from "vitest/node";
import type { SourceTree } from "./layers.ts";

/** Files below `src/` without a test of their name, and the test below `test/` of what they do. */
export type TestedElsewhere = Readonly<Record<string, string>>;

const logic =
  /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ClassDeclaration|ClassExpression)$/;

/** Whether a file has a function or a class. Types, ports, constants and lists of names have none. */
export function hasLogic(path: string, source: string): boolean {
  return holdsLogic(parseAst(source, { lang: "ts" }, path));
}

function holdsLogic(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  const { type, declare } = node as { type?: unknown; declare?: unknown };
  if (declare === true) return false;
  return logic.test(String(type)) || Object.values(node).some(holdsLogic);
}

/** The test of a file's name, below `test/`. */
export function testOf(path: string): string {
  return path.replace(/\.ts$/, ".test.ts");
}

/**
 * Files with logic that have no test, and rows of the table that are wrong.
 *
 * @param tests - the paths of all tests below `test/`
 */
export function untestedFaults(
  sources: SourceTree,
  tests: ReadonlySet<string>,
  elsewhere: TestedElsewhere,
): string[] {
  const untested = new Set(
    [...sources]
      .filter(([path, source]) => !tests.has(testOf(path)) && hasLogic(path, source))
      .map(([path]) => path),
  );
  return [
    ...[...untested]
      .filter((path) => !Object.hasOwn(elsewhere, path))
      .map((path) => `src/${path} has logic, and no test/${testOf(path)}`),
    ...Object.entries(elsewhere).flatMap(([path, test]) => [
      ...(untested.has(path) ? [] : [`src/${path} needs no row in the table`]),
      ...(tests.has(test) ? [] : [`the table names test/${test} for src/${path}, which does not exist`]),
    ]),
  ];
}
