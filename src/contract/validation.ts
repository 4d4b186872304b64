/** Checks lists of values against schemas. Values come at once where the schemas answer at once. */

import type { SchemaList } from "./event-definition.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";

/** Why values do not fit, as plain data. */
export interface ValueIssue {
  readonly message: string;
  /** Where: keys from the value inwards. With several values, the first is the place in their list. */
  readonly path: readonly (string | number)[];
}

/** What schemas make of values, or why these do not fit. */
export type Validated =
  | { readonly values: readonly unknown[]; readonly issues?: undefined }
  | { readonly issues: readonly ValueIssue[] };

/** The most characters of a message or a key, and the most keys of a path: clients choose values. */
const longestMessage = 300;
const longestKey = 100;
const longestPath = 32;

/**
 * Checks values.
 *
 * @param schemas - one for each value; values that are missing count as `undefined`
 * @param maxIssues - how many issues are kept
 * @returns a promise where a schema answers later
 * @throws what a schema throws
 */
export function validate(
  schemas: SchemaList,
  values: readonly unknown[],
  maxIssues: number,
): Validated | Promise<Validated> {
  if (values.length > schemas.length) return tooMany(schemas.length, values.length);
  const [only] = schemas;
  if (schemas.length === 1 && only !== undefined) {
    const result = only["~standard"].validate(values[0]);
    return isLater(result)
      ? Promise.resolve(result).then((late) => ofOne(late, values, maxIssues))
      : ofOne(result, values, maxIssues);
  }
  const results = schemas.map((schema, index) => schema["~standard"].validate(values[index]));
  return results.some(isLater)
    ? Promise.all(results).then((late) => ofSeveral(late, values, maxIssues))
    : ofSeveral(results as SchemaResult<unknown>[], values, maxIssues);
}

/** Checks one value that is no list of arguments. */
export function validateOne(
  schema: StandardSchema,
  value: unknown,
  maxIssues: number,
): Validated | Promise<Validated> {
  return validate([schema], [value], maxIssues);
}

type Later = Promise<SchemaResult<unknown>>;

/** A result is an object with a value or issues, and no promise has these. */
function isLater(result: SchemaResult<unknown> | Later): result is Later {
  return typeof (result as { then?: unknown }).then === "function";
}

function ofOne(result: SchemaResult<unknown>, given: readonly unknown[], maxIssues: number): Validated {
  // A failure may have a value, too: only its issues tell.
  if (result.issues !== undefined) return { issues: plainIssues(result.issues, [], maxIssues) };
  return { values: given.length === 0 && result.value === undefined ? [] : [result.value] };
}

function ofSeveral(
  results: readonly SchemaResult<unknown>[],
  given: readonly unknown[],
  maxIssues: number,
): Validated {
  const issues: ValueIssue[] = [];
  const values: unknown[] = [];
  for (const [index, result] of results.entries()) {
    if (result.issues === undefined) values.push(result.value);
    else issues.push(...plainIssues(result.issues, [index], maxIssues - issues.length));
  }
  if (issues.length > 0) return { issues };
  // The handler gets as many arguments as came, unless schemas have added some.
  while (values.length > given.length && values.at(-1) === undefined) values.pop();
  return { values };
}

/** The members that a schema's own objects have besides would show what they hold. */
function plainIssues(
  issues: readonly SchemaIssue[],
  start: readonly number[],
  maxIssues: number,
): readonly ValueIssue[] {
  return Array.from(issues.slice(0, maxIssues), ({ message, path }) => ({
    message: String(message).slice(0, longestMessage),
    path: [...start, ...Array.from(path ?? [], keyOf)].slice(0, longestPath),
  }));
}

function keyOf(part: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof part === "object" ? part.key : part;
  return typeof key === "number" ? key : String(key).slice(0, longestKey);
}

function tooMany(expected: number, received: number): Validated {
  return {
    issues: [{ message: `Too many arguments: expected ${expected}, received ${received}`, path: [expected] }],
  };
}

/** Issues as one text, for messages to developers. */
export function issueText(issues: readonly ValueIssue[]): string {
  return issues
    .map(({ message, path }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}
