/**
 * The rules of the layers: which folder of `src/` may import which, and how its files are named.
 * Works on sources in memory and knows no file system, so that fake trees can show every rule failing.
 */

import { posix } from "node:path";
import { parseAst } from "vitest/node";

/** Sources by their path below `src/`, such as `engine/outbox.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** The imports of every file, as written there, by the file's path below `src/`. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The folders that each folder may import, lowest folder first. */
export type LayerTable = ReadonlyMap<string, ReadonlySet<string>>;

/** The most files that a folder may hold, without those of its inner folders. */
const maxFiles = 15;

/** Reads the table of layers from a page: its first column is "folder" and its last one "may import". */
export function parseLayerTable(markdown: string): LayerTable {
  const rows = tableRows(markdown);
  const header = rows.findIndex((cells) => cells[0] === "folder" && cells.at(-1) === "may import");
  if (header === -1) throw new Error('There is no table with the columns "folder" and "may import".');

  const table = new Map<string, ReadonlySet<string>>();
  for (const cells of rows.slice(header + 2)) {
    const [folder, allowed] = [cells[0], cells.at(-1)];
    if (!folder || !allowed) break;
    const name = folderName(folder);
    if (table.has(name)) throw new Error(`The table of layers has two rows for ${name}.`);
    if (allowed === "everything") table.set(name, new Set(table.keys()));
    else table.set(name, new Set(allowed === "nothing" ? [] : allowed.split(/,\s*/)));
  }
  return table;
}

/** Reads the inner folders, lowest first, from the table whose first column is "inner folder". */
export function parseInnerFolders(markdown: string): readonly string[] {
  const rows = tableRows(markdown);
  const header = rows.findIndex((cells) => cells[0] === "inner folder");
  if (header === -1) throw new Error('There is no table with the column "inner folder".');
  const below = rows.slice(header + 2);
  const end = below.findIndex((cells) => cells.length === 0);
  return below.slice(0, end === -1 ? undefined : end).map((cells) => folderName(cells[0] ?? ""));
}

function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .map((line) => (/^\|.*\|\s*$/.test(line) ? line.split("|").slice(1, -1) : []))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}

function folderName(cell: string): string {
  return cell.replace(/^src\//, "").replace(/\/$/, "");
}

/** Reads every import and re-export: static, dynamic and type-only. */
export function readImports(tree: SourceTree): ImportGraph {
  return new Map([...tree].map(([path, source]) => [path, importsOf(path, source)]));
}

/** Faults of the table itself: arrows fall, so a folder may import only folders above it in the table. */
export function tableFaults(table: LayerTable): string[] {
  const above = new Set<string>();
  const faults: string[] = [];
  for (const [folder, allowed] of table) {
    for (const name of allowed) {
      if (!above.has(name)) faults.push(`the table lets ${folder} import ${name}, which is not above it`);
    }
    above.add(folder);
  }
  return faults;
}

/** Folders without a row, and rows without a folder. */
export function folderFaults(graph: ImportGraph, table: LayerTable): string[] {
  const folders = new Set([...graph.keys()].map(folderOf));
  return [
    ...[...folders].filter((name) => !table.has(name)).map((name) => `${name} has no row in the table`),
    ...[...table.keys()].filter((name) => !folders.has(name)).map((name) => `${name} has a row, and no file`),
  ];
}

/** Imports that the table does not allow. */
export function layerFaults(graph: ImportGraph, table: LayerTable): string[] {
  const order = [...table.keys()];
  return imports(graph).flatMap(({ from, to, specifier }) => {
    if (to === undefined) {
      if (!/^roomcast(\/|$)/.test(specifier)) return [];
      return [`${from} imports "${specifier}": upward, for the package's own name stands for src/index.ts`];
    }
    const [own, other] = [folderOf(from), folderOf(to)];
    if (own === other || table.get(own)?.has(other)) return [];
    const upward = order.indexOf(other) > order.indexOf(own);
    return [`${from} imports ${to}: ${upward ? "upward, for " : ""}${own} may not import ${other}`];
  });
}

/** Inner folders without a row or without a file, and imports between them that do not fall. */
export function innerFaults(graph: ImportGraph, order: readonly string[]): string[] {
  const inner = new Set([...graph.keys()].map(posix.dirname).filter((folder) => folder.includes("/")));
  const rank = (path: string) => order.indexOf(posix.dirname(path));
  return [
    ...[...inner]
      .filter((folder) => !order.includes(folder))
      .map((folder) => `${folder} has no row in the table of inner folders`),
    ...order.filter((folder) => !inner.has(folder)).map((folder) => `${folder} has a row, and no file`),
    ...imports(graph).flatMap(({ from, to }) =>
      to !== undefined && folderOf(from) === folderOf(to) && rank(from) !== -1 && rank(to) > rank(from)
        ? [`${from} imports ${to}: upward among the folders of ${folderOf(from)}`]
        : [],
    ),
  ];
}

/** Folders with too many files to find one at a glance. */
export function crowdFaults(paths: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([folder, count]) =>
    count > maxFiles ? [`${folder} holds ${count} files, more than ${maxFiles}`] : [],
  );
}

/** Files that import each other in a ring, each ring as the list of its files. */
export function cycles(graph: ImportGraph): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) found.push([...path.slice(start), file].join(" → "));
    if (start !== -1 || done.has(file)) return;
    for (const { to } of importsFrom(file, graph.get(file) ?? [])) {
      if (to !== undefined) visit(to, [...path, file]);
    }
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** Relative imports that do not name the file they mean. */
export function specifierFaults(graph: ImportGraph): string[] {
  return imports(graph)
    .filter(({ to, specifier }) => to !== undefined && !specifier.endsWith(".ts"))
    .map(({ from, specifier }) => `${from} imports "${specifier}": a relative import carries .ts`);
}

/** Files and folders whose name is not a kebab-case noun. */
export function nameFaults(paths: Iterable<string>): string[] {
  return [...paths].flatMap((path) => {
    const name = posix.basename(path, ".ts");
    if (!path.endsWith(".ts")) return [`${path} is not a .ts file`];
    if (/(^|-)(utils?|helpers?|common|types)$/.test(name))
      return [`${path} says nothing about what it holds`];
    return /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path)
      ? []
      : [`${path} is not in kebab-case`];
  });
}

/** The modules of Node that the files of a folder need, also through the files they import. */
export function nodeImports(graph: ImportGraph, folder: string): string[] {
  const files = new Set([...graph.keys()].filter((path) => path.startsWith(`${folder}/`)));
  const found: string[] = [];
  for (const file of files) {
    for (const { to, specifier } of importsFrom(file, graph.get(file) ?? [])) {
      if (to !== undefined && graph.has(to)) files.add(to);
      if (specifier.startsWith("node:")) found.push(`${file} imports "${specifier}"`);
    }
  }
  return found;
}

interface Import {
  readonly from: string;
  /** The file below `src/` that is imported; undefined for a package. */
  readonly to: string | undefined;
  readonly specifier: string;
}

function imports(graph: ImportGraph): Import[] {
  return [...graph].flatMap(([from, specifiers]) => importsFrom(from, specifiers));
}

function importsFrom(from: string, specifiers: readonly string[]): Import[] {
  return specifiers.map((specifier) => ({
    from,
    to: specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined,
    specifier,
  }));
}

/** The row a file belongs to: its first folder, or the file itself where it stands directly in `src/`. */
function folderOf(path: string): string {
  return path.slice(0, path.indexOf("/") === -1 ? undefined : path.indexOf("/"));
}

function importsOf(path: string, source: string): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    const text = "type" in node ? importedText(node) : undefined;
    if (text !== undefined) found.add(text);
    Object.values(node).forEach(visit);
  };
  visit(parseAst(source, { lang: "ts" }, path));
  return [...found];
}

/** The module that a node of the syntax tree imports; `undefined` for other nodes and computed names. */
function importedText(node: object): string | undefined {
  return builtinText(node) ?? sourceText(node);
}

/** The module in `process.getBuiltinModule("node:zlib")`. */
function builtinText(node: object): string | undefined {
  const {
    type,
    callee,
    arguments: values,
  } = node as {
    type?: unknown;
    callee?: { property?: { name?: unknown } };
    arguments?: { value?: unknown }[];
  };
  if (type !== "CallExpression" || callee?.property?.name !== "getBuiltinModule") return undefined;
  const name = values?.[0]?.value;
  return typeof name === "string" ? name : undefined;
}

function sourceText(node: object): string | undefined {
  if (!("type" in node && "source" in node)) return undefined;
  if (
    !/^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(String(node.type))
  ) {
    return undefined;
  }
  const { source } = node as { source: { value?: unknown; quasis?: { value: { cooked: string } }[] } | null };
  if (typeof source?.value === "string") return source.value;
  return source?.quasis?.length === 1 ? source.quasis[0]?.value.cooked : undefined;
}
