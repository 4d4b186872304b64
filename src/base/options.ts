/**
 * Options are declared once, in tables: the default, what is accepted, and the text for the manual as a doc comment.
 * Types, checks and the reference page come from the table.
 */

import { RoomcastError } from "./errors.ts";

/** One option of a table. */
export interface Option<Value> {
  /** The value when none is given. */
  readonly fallback: Value;
  /** What the option takes, in words that complete "… must be". */
  readonly expects: string;
  /** Whether a given value is of that kind. */
  readonly accepts: (value: unknown) => boolean;
  /** Says what a refused value is, for one that may hold a password; where it is not given, the value is quoted. */
  readonly describes?: ((value: unknown) => string) | undefined;
}

/** A table of options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What a user may give for a table: every option may be left out. */
export type GivenOptions<Table extends OptionTable> = {
  -readonly [Name in keyof Table]?: Table[Name]["fallback"] | undefined;
};

/** The settled options of a table: checked, complete and frozen. */
export type SettledOptions<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]["fallback"];
};

/** An option that takes `true` or `false`. */
export function booleanOption(fallback: boolean): Option<boolean> {
  return { fallback, expects: "true or false", accepts: (value) => typeof value === "boolean" };
}

/** An option that takes a whole number of ms, bytes or pieces. */
export function numberOption(fallback: number, unit: "ms" | "bytes" | "pieces", minimum = 0): Option<number> {
  return {
    fallback,
    expects: `a whole number of ${unit}, ${minimum} or more`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= minimum,
  };
}

/** An option that takes the most pieces of something that may be. */
export function limitOption(fallback: number, minimum = 1): Option<number> {
  return {
    fallback,
    expects: `a whole number of pieces, ${minimum} or more, or Infinity for no limit`,
    accepts: (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= minimum),
  };
}

/** An option that takes a value of a kind of its own. */
export function option<Value>(
  fallback: NoInfer<Value>,
  expects: string,
  accepts: (value: unknown) => boolean,
  describes?: (value: unknown) => string,
): Option<Value> {
  return { fallback, expects, accepts, describes };
}

/** Whether a value is a plain object, as options and session data are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Checks given options against a table and fills in the defaults.
 *
 * @param table - the options that exist
 * @param given - what the user gave; `undefined` values count as not given
 * @param owner - what the options belong to, for messages: `"new SocketIO()"`
 * @throws {@link RoomcastError} `ERR_OPTION` for an unknown name or a value of the wrong kind
 */
export function settleOptions<Table extends OptionTable>(
  table: Table,
  given: object,
  owner: string,
): SettledOptions<Table> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    const near = nearest(name, Object.keys(table));
    const hint =
      near === undefined ? `Known options: ${Object.keys(table).join(", ")}.` : `Did you mean "${near}"?`;
    throw new RoomcastError("ERR_OPTION", `${owner} has no option "${name}". ${hint}`);
  }
  const settled: Record<string, unknown> = {};
  for (const [name, { fallback, expects, accepts, describes = show }] of Object.entries(table)) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined && !accepts(value)) {
      throw new RoomcastError(
        "ERR_OPTION",
        `The option "${name}" of ${owner} must be ${expects}, not ${describes(value)}.`,
      );
    }
    settled[name] = value === undefined ? fallback : value;
  }
  return Object.freeze(settled) as SettledOptions<Table>;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

/** The known name that a mistyped or differently cased one most likely means. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, "");
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain(name), plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
