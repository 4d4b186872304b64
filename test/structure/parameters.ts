/**
 * The rule of sizes: how many parameters a function may take, and how many fields a class may have. Works on
 * sources in memory and knows no file system, so that fake trees can show it failing.
 */

import { parseAst } from "vitest/node";
import type { SourceTree } from "./layers.ts";

/** The most parameters of a function, and the most fields of a class, that need no reason. */
const limits = { parameters: 4, fields: 15 } as const;

/** Larger functions and classes by file and name: how large each is, and why. */
export type Exceptions = Readonly<Record<string, readonly [size: number, reason: string]>>;

/** A function or a class, and how large it is. */
interface Measured {
  /** File and name: `core/hub.ts Hub.constructor`. */
  readonly name: string;
  readonly kind: keyof typeof limits;
  readonly size: number;
}

const functions =
  /^(?:Function(?:Declaration|Expression)|ArrowFunctionExpression|TS(?:DeclareFunction|EmptyBodyFunctionExpression|MethodSignature|FunctionType|ConstructorType|(?:Call|Construct)SignatureDeclaration))$/;

const fields = /^(?:PropertyDefinition|AccessorProperty|TSAbstract(?:PropertyDefinition|AccessorProperty))$/;

/** All functions and classes of a file. Types of functions count, too, and fields of a superclass do not. */
export function measure(path: string, source: string): Measured[] {
  return measured(parseAst(source, { lang: "ts" }, path), path, "");
}

/** @param scope - the names around the node, from the outermost one */
function measured(node: unknown, path: string, scope: string): Measured[] {
  if (Array.isArray(node)) return node.flatMap((part) => measured(part, path, scope));
  if (!isNode(node)) return [];
  const inner = [scope, nameOf(node)].filter(Boolean).join(".");
  const name = `${path} ${inner || "a function"}`;
  const { type, params } = node;
  const found: Measured[] = [];
  if (functions.test(type) && Array.isArray(params)) {
    found.push({ name, kind: "parameters", size: params.filter((param) => nameOf(param) !== "this").length });
  } else if (type === "ClassBody" && Array.isArray(node.body)) {
    found.push({ name, kind: "fields", size: node.body.filter(isField).length });
  }
  return [...found, ...Object.values(node).flatMap((part) => measured(part, path, inner))];
}

interface Node extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The name that a node gives to the nodes in it. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const { type, name, id, key } = node;
  if (type === "PrivateIdentifier") return `#${String(name)}`;
  if (type === "Identifier") return String(name);
  return nameOf(id) ?? nameOf(key);
}

/** Whether each object of the class has it for itself. */
function isField(member: unknown): boolean {
  return isNode(member) && fields.test(member.type) && member.static !== true && member.declare !== true;
}

/** Functions and classes that are too large without a reason, and reasons that are out of date. */
export function sizeFaults(sources: SourceTree, exceptions: Exceptions): string[] {
  const large = [...sources]
    .flatMap(([path, source]) => measure(path, source))
    .filter(({ kind, size }) => size > limits[kind]);
  const names = new Set(large.map(({ name }) => name));
  return [
    ...large
      .filter(({ name, size }) => exceptions[name]?.[0] !== size)
      .map(({ name, kind, size }) => {
        const most = exceptions[name]?.[0] ?? `at most ${limits[kind]}`;
        return `src/${name} has ${size} ${kind}, not ${most}`;
      }),
    ...Object.keys(exceptions)
      .filter((name) => !names.has(name))
      .map((name) => `src/${name} needs no row in the table`),
  ];
}
