/** What a program may name namespaces by. */

import { isNamespaceName } from "../../core/model/namespace-name.ts";

/**
 * Decides about names of namespaces.
 *
 * @param name - the name of the namespace that a client asks for
 * @param auth - what the client sent along
 * @returns whether it may join
 */
export type NamespacePredicate = (name: string, auth: unknown) => boolean | Promise<boolean>;

/**
 * What namespaces can be named by: a name, a pattern of names, `"*"` for every namespace that clients may
 * join, or a function that decides about the names that nothing else stands for. All but `"*"` let clients
 * in.
 */
export type NamespacePattern = string | RegExp | NamespacePredicate;

/** What stands for namespaces, for messages. */
export function describePattern(pattern: NamespacePattern): string {
  return typeof pattern === "function"
    ? `the namespaces of ${pattern.name || "a function"}`
    : String(pattern);
}

/** What {@link isNamespacePattern} takes, in words that complete "… must be". */
export const patternText =
  'a string that begins with a slash and has no comma, a regular expression, a function of a name, or "*" for all';

/** Whether a value can stand for namespaces. */
export function isNamespacePattern(pattern: unknown): pattern is NamespacePattern {
  return (
    typeof pattern === "function" || pattern instanceof RegExp || pattern === "*" || isNamespaceName(pattern)
  );
}
