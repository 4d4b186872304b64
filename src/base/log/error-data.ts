/** Errors as plain data, for loggers that would write an `Error` as `{}`. */

import { isInstance } from "../foreign-value.ts";

/** How far causes are followed for their stacks: they may form a ring. */
const deepest = 10;
/** How many errors one of them may bring along in full: an aggregate may have any number. */
const mostErrors = 20;

/**
 * An error as plain data: type, message, stack and what else it carries, with its causes. Other values are
 * returned as they are.
 *
 * @param seen - errors that are told already. They come again without their stacks and all that they carry:
 *   errors may name each other, and each level would double the line
 */
export function errorData(error: unknown, seen: Set<unknown> = new Set()): unknown {
  if (!isInstance(error, Error)) return error;
  const { name, constructor: type } = error;
  const data: Record<string, unknown> = {
    type: typeof type === "function" && type.name !== "" ? type.name : String(name),
    message: error.message,
  };
  if (seen.has(error) || seen.size >= mostErrors) return data;
  seen.add(error);
  data.stack = error.stack;
  if (error.cause !== undefined) data.cause = errorData(error.cause, seen);
  for (const [key, value] of Object.entries(error)) data[key] ??= errorData(value, seen);
  if (isInstance(error, AggregateError))
    data.errors = error.errors.map((each: unknown) => errorData(each, seen));
  return data;
}

/** The stack of an error with those of its causes; `null` for a value that is no error. */
export function stackText(error: unknown): string | null {
  const stacks: string[] = [];
  for (let next = error; isInstance(next, Error) && stacks.length < deepest; next = next.cause)
    stacks.push(String(next.stack ?? `${next.name}: ${next.message}`));
  return stacks.length === 0 ? null : stacks.join("\nCaused by: ");
}
