/** Reads the comments and texts of source files, and finds what the conventions forbid in them. */

import { parseAst } from "vitest/node";

/** A comment, a message or a test's name. */
export interface Wording {
  readonly path: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Old-fashioned words, or words that hide which part of the program acts. */
const forbidden =
  /\b(?:who|whom|whoever|nobody|somebody|anew|meanwhile|likewise|lets? go of|is to be|has it heard|what is)\b/i;

/** As long as the formatter lets a line be. */
const columns = 110;

/** As long as a file can be without a reason. */
const lines = 400;

/** The words in a file's header that give the reason for its length. */
const reason = /In one file because|400 lines/;

/** A node of a syntax tree. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly callee?: Node;
  readonly object?: Node;
  readonly tag?: Node;
  readonly name?: unknown;
  readonly arguments?: readonly Node[];
}

const trees = new Map<string, readonly Node[]>();

/** Every node of a file's syntax tree. */
function nodesOf(path: string, source: string): readonly Node[] {
  const known = trees.get(source);
  if (known !== undefined) return known;
  const found = new Set<Node>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || found.has(value as Node)) return;
    if ("type" in value && "start" in value && "end" in value) found.add(value as Node);
    for (const part of Object.values(value)) visit(part);
  };
  visit(parseAst(source, { lang: path.endsWith(".ts") ? "ts" : "js" }, path));
  const nodes = [...found];
  trees.set(source, nodes);
  return nodes;
}

/** The comments of a file. */
export function commentsOf(path: string, source: string): Wording[] {
  const code = Buffer.from(source, "utf16le");
  for (const { type, start, end } of nodesOf(path, source))
    if (type === "Literal" || type === "TemplateElement") code.fill("_\0", 2 * start, 2 * end, "latin1");
  return [...code.toString("utf16le").matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)].map(({ 0: text, index }) => ({
    path,
    line: lineAt(source, index),
    text,
  }));
}

/** The texts of a file that people read: messages are of several words. */
export function messagesOf(path: string, source: string): Wording[] {
  return nodesOf(path, source)
    .filter(({ type }) => type === "Literal" || type === "TemplateElement")
    .map(({ start, end }) => ({ path, line: lineAt(source, start), text: source.slice(start, end) }))
    .filter(({ text }) => !text.startsWith("/") && /\w \w/.test(text));
}

/** The names of a file's tests and groups of tests. */
export function testNamesOf(path: string, source: string): Wording[] {
  return nodesOf(path, source).flatMap((node) => {
    const [name] = node.arguments ?? [];
    if (name === undefined || !/^(?:it|test|describe)$/.test(rootOf(node.callee))) return [];
    if (name.type !== "Literal" && name.type !== "TemplateLiteral") return [];
    return [{ path, line: lineAt(source, name.start), text: source.slice(name.start, name.end) }];
  });
}

/** The first name of a callee: `it` of `it.skipIf(x).each(y)`. */
function rootOf(callee: Node | undefined): string {
  if (callee === undefined) return "";
  if (callee.type === "Identifier") return String(callee.name);
  return rootOf(callee.callee ?? callee.object ?? callee.tag);
}

function lineAt(source: string, index: number): number {
  return source.slice(0, index).split("\n").length;
}

/** Texts with words that the conventions forbid. */
export function wordFaults(wordings: Iterable<Wording>): string[] {
  return [...wordings].flatMap(({ path, line, text }) => {
    const word = forbidden.exec(text);
    if (word === null) return [];
    const place = line + text.slice(0, word.index).split("\n").length - 1;
    return [`${path}:${place} says "${word[0]}"`];
  });
}

/** Comments that reach over the formatter's last column. */
export function columnFaults(comments: Iterable<Wording>, source: string): string[] {
  const all = source.split("\n");
  return [...comments].flatMap(({ path, line, text }) =>
    text.split("\n").flatMap((_, index) => {
      const length = all[line - 1 + index]?.length ?? 0;
      return length > columns ? [`${path}:${line + index} is ${length} columns wide`] : [];
    }),
  );
}

/** Whether a file is too long, and its header gives no reason. */
export function lengthFaults(path: string, source: string): string[] {
  const length = source.split("\n").length - 1;
  const header = /^\/\*\*[\s\S]*?\*\//.exec(source)?.[0] ?? "";
  const isExplained = reason.test(header.replace(/\s*\n\s*\*?\s*/g, " "));
  return length > lines && !isExplained ? [`${path} has ${length} lines`] : [];
}

/** Names that more than one file exports. */
export function exportedNameFaults(sources: ReadonlyMap<string, string>): string[] {
  const places = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const names = source.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|type|function\*?|const|let) (\w+)/gm,
    );
    // The overloads of a function have one name.
    for (const name of new Set([...names].map(([, name = ""]) => name)))
      places.set(name, [...(places.get(name) ?? []), path]);
  }
  return [...places]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} is exported by ${paths.join(" and ")}`);
}
