/** Errors as plain data, for loggers that would write an `Error` as `{}`. */

import { isInstance } from "../foreign-value.ts";

/** How far causes are followed: they may form a ring. */
const deepest = 10;

/**
 * An error as plain data: type, message, stack and what else it carries, with its causes. Other values are
 * returned as they are.
 */
export function errorData(error: unknown, depth = 0): unknown {
  if (!isInstance(error, Error) || depth > deepest) return error;
  const { name, constructor: type } = error;
  const data: Record<string, unknown> = {
    type: typeof type === "function" && type.name !== "" ? type.name : String(name),
    message: error.message,
    stack: error.stack,
  };
  for (const [key, value] of Object.entries(error)) data[key] ??= errorData(value, depth + 1);
  if (error.cause !== undefined) data.cause = errorData(error.cause, depth + 1);
  if (isInstance(error, AggregateError))
    data.errors = error.errors.map((each: unknown) => errorData(each, depth + 1));
  return data;
}

/** The stack of an error with those of its causes; `null` for a value that is no error. */
export function stackText(error: unknown): string | null {
  const stacks: string[] = [];
  for (let next = error; isInstance(next, Error) && stacks.length < deepest; next = next.cause)
    stacks.push(String(next.stack ?? `${next.name}: ${next.message}`));
  return stacks.length === 0 ? null : stacks.join("\nCaused by: ");
}
