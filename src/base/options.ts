/**
 * Options are declared once, in tables: the default, the accepted values, and the text for the manual as a
 * doc comment. Types, checks and the reference page come from the table.
 */

import { type ErrorCode, RoomcastError } from "./errors.ts";
import { quoted } from "./printable.ts";

/** What an option may say of itself besides its default and its kind. */
export interface OptionDetails {
  /** The options of the object that the value may be. */
  readonly members?: OptionTable;
  /** Other names that users know the option by: those of Flask-SocketIO and Socket.IO, say. */
  readonly aliases?: readonly string[];
  /**
   * Whether `undefined` is an error rather than an option that was not given. It is for options that name
   * clients, and for secrets: a value that is missing by mistake must not come to mean everybody.
   */
  readonly definite?: boolean;
  /** The code of the error for a value of the wrong kind. Default `ERR_OPTION`. */
  readonly code?: ErrorCode;
  /** Says what a refused value is, for one that may hold a password. By default the value is quoted. */
  readonly describes?: (value: unknown) => string;
}

/** One option of a table. */
export interface Option<Value> extends Required<Omit<OptionDetails, "members">> {
  /** The value when none is given. */
  readonly default: Value;
  /** What the option takes, in words that complete "… must be". */
  readonly expects: string;
  /** Whether a given value is of that kind. */
  readonly accepts: (value: unknown) => boolean;
  readonly members: OptionTable | null;
}

/** A table of options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What a user may give for a table: every option may be left out. */
export type GivenOptions<Table extends OptionTable> = {
  -readonly [Name in keyof Table]?: Table[Name]["default"] | undefined;
};

/** The settled options of a table: checked, complete and frozen. */
export type ResolvedOptions<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]["default"];
};

/** An option that takes `true` or `false`. */
export function booleanOption(defaultValue: boolean, details?: OptionDetails): Option<boolean> {
  return option(defaultValue, "true or false", (value) => typeof value === "boolean", details);
}

/**
 * An option that turns something on or off; an object of options turns it on and says how.
 *
 * @param defaultValue - the value when none is given
 * @param members - the options of that object
 * @param object - the object, in words that complete "true, false or …"
 */
export function toggleOption<Given extends object>(
  defaultValue: boolean,
  members: OptionTable,
  object: string,
  details?: Omit<OptionDetails, "members">,
): Option<boolean | Given> {
  return option<boolean | Given>(
    defaultValue,
    `true, false or ${object}`,
    (value) => typeof value === "boolean" || isPlainObject(value),
    { ...details, members },
  );
}

/** An integer from `minimum` on, in words. */
function integerFrom(minimum: number): string {
  if (minimum === 0) return "a non-negative integer";
  return minimum === 1 ? "a positive integer" : `an integer of at least ${minimum}`;
}

/** An option that takes an integer: a time in ms, a size in bytes or a count. */
export function numberOption(
  defaultValue: number,
  unit: "ms" | "bytes" | "count",
  minimum = 0,
  details?: OptionDetails,
): Option<number> {
  return option(
    defaultValue,
    unit === "count" ? integerFrom(minimum) : `${integerFrom(minimum)} (${unit})`,
    (value) => Number.isSafeInteger(value) && (value as number) >= minimum,
    details,
  );
}

/** An option that takes a time to wait, in ms, which may come from a calculation. */
export function durationOption(defaultValue: number, details?: OptionDetails): Option<number> {
  return option(
    defaultValue,
    "a non-negative number (ms)",
    (value) => Number.isFinite(value) && (value as number) >= 0,
    details,
  );
}

/** An option that takes a maximum count. */
export function limitOption(defaultValue: number, minimum = 1, details?: OptionDetails): Option<number> {
  return option(
    defaultValue,
    `${integerFrom(minimum)}, or Infinity for no limit`,
    (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= minimum),
    details,
  );
}

/** An option that takes a value of a kind of its own. */
export function option<Value>(
  defaultValue: NoInfer<Value>,
  expects: string,
  accepts: (value: unknown) => boolean,
  { members, aliases = [], definite = false, code = "ERR_OPTION", describes = show }: OptionDetails = {},
): Option<Value> {
  return {
    default: defaultValue,
    expects,
    accepts,
    members: members ?? null,
    aliases,
    definite,
    code,
    describes,
  };
}

/** Whether a value is a plain object, as options and session data are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Says what users of a function mean by something else than its options; `undefined` where that is unclear.
 *
 * @param given - what was given
 * @param name - the name in it that is no option
 */
export type Hint = (given: unknown, name?: string) => string | undefined;

/**
 * Checks given options against a table. This is the door that the options of every public function pass. It
 * runs for each message, so it looks at the given options and not at the table.
 *
 * @param table - the options that exist
 * @param given - what the user gave
 * @param owner - the function that the options belong to, for messages: `"new SocketIO()"`
 * @param hint - what the function's users may have meant instead
 * @throws {@link RoomcastError} `ERR_OPTION` for anything but a plain object, an unknown name or a value of
 *   the wrong kind; for such a value another code where the option has one
 */
export function checkOptions(table: OptionTable, given: unknown, owner: string, hint?: Hint): void {
  if (!isPlainObject(given)) throw notOptions(given, owner, hint);
  for (const name in given) {
    const known = table[name];
    const value = given[name];
    // What every object inherits has these names too, and is no option.
    if (known?.accepts === undefined) {
      // What a library has added to the prototype of all objects is no option.
      if (Object.hasOwn(given, name)) throw unknownOption(name, { table, given, owner, hint });
    } else if (value === undefined) {
      if (known.definite) throw undefinedOption(name, owner);
    } else {
      if (known.members !== null && isPlainObject(value)) {
        checkOptions(known.members, value, `the option "${name}" of ${owner}`);
      }
      if (!known.accepts(value)) throw wrongOption(name, known, value, owner);
    }
  }
}

/**
 * Checks given options against a table and fills in the defaults.
 *
 * @param table - the options that exist
 * @param given - what the user gave; `undefined` values count as not given
 * @param owner - what the options belong to, for messages: `"new SocketIO()"`
 * @param hint - what the function's users may have meant instead
 * @throws {@link RoomcastError} as {@link checkOptions} does
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: unknown,
  owner: string,
  hint?: Hint,
): ResolvedOptions<Table> {
  checkOptions(table, given, owner, hint);
  const settled: Record<string, unknown> = {};
  for (const [name, { default: defaultValue }] of Object.entries(table)) {
    const value = (given as Record<string, unknown>)[name];
    settled[name] = value === undefined ? defaultValue : value;
  }
  return Object.freeze(settled) as ResolvedOptions<Table>;
}

/**
 * Checks what was given for a {@link toggleOption} and fills in the defaults.
 *
 * @param members - the options of its object
 * @param name - the option's name, for messages
 * @returns `null` where it is off
 * @throws {@link RoomcastError} as {@link checkOptions} does
 */
export function resolveToggle<Table extends OptionTable>(
  members: Table,
  given: boolean | object,
  name: string,
): ResolvedOptions<Table> | null {
  return given === false
    ? null
    : resolveOptions(members, given === true ? {} : given, `the option "${name}"`);
}

function notOptions(given: unknown, owner: string, hint: Hint | undefined): RoomcastError {
  const text = `${owner} takes its options as an object, not ${show(given)}.`;
  return new RoomcastError("ERR_OPTION", [text, hint?.(given)].filter(Boolean).join(" "));
}

/** Options that are not as their table says. */
interface RefusedOptions {
  readonly table: OptionTable;
  readonly given: unknown;
  /** The function that the options belong to. */
  readonly owner: string;
  readonly hint: Hint | undefined;
}

function unknownOption(name: string, { table, given, owner, hint }: RefusedOptions): RoomcastError {
  const known = Object.keys(table);
  const alias = aliasOf(name, table);
  const special = alias === undefined ? hint?.(given, name) : undefined;
  const meant = alias ?? (special === undefined ? nearest(name, known) : undefined);
  const help =
    meant === undefined
      ? [special ?? hint?.(given), `Known options: ${known.join(", ")}.`]
      : [`Did you mean "${meant}"?`];
  return new RoomcastError(
    "ERR_OPTION",
    [`${owner.replace(/^the /, "The ")} has no option ${quoted(name)}.`, ...help].filter(Boolean).join(" "),
  );
}

function undefinedOption(name: string, owner: string): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    `The option ${quoted(name)} of ${owner} is undefined. Leave it out where it is not needed; a value that is missing by mistake must not let everybody in.`,
  );
}

function wrongOption(
  name: string,
  { expects, code, describes }: Option<unknown>,
  value: unknown,
  owner: string,
): RoomcastError {
  return new RoomcastError(
    code,
    `The option ${quoted(name)} of ${owner} must be ${expects}, not ${describes(value)}.`,
  );
}

/** The most members of an object or a list, and the most characters of a text, that messages show. */
const shownMembers = 5;
const longestText = 100;

/** A value in a message: what kind of thing it is, and no more of it than its author will recognise. */
export function show(value: unknown): string {
  try {
    return describe(value);
  } catch {
    // Reading it throws: it is a proxy, say.
    return "an object that cannot be read";
  }
}

function describe(value: unknown): string {
  if (typeof value === "string") return quoted(shorten(value));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return showList(value);
  if (isPlainObject(value)) {
    const names = Object.keys(value);
    const shown = names.length > shownMembers ? [...names.slice(0, shownMembers), "…"] : names;
    return shown.length === 0 ? "{}" : `{ ${shown.join(", ")} }`;
  }
  const made = value.constructor;
  const name = typeof made === "function" ? made.name : "";
  return name === "" ? "an object" : `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

function showList(list: readonly unknown[]): string {
  const members = list
    .slice(0, shownMembers)
    .map((member) => (Array.isArray(member) ? "an array" : show(member)));
  return `[${[...members, ...(list.length > shownMembers ? ["…"] : [])].join(", ")}]`;
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

/** The option that users of something else know by another name. */
function aliasOf(name: string, table: OptionTable): string | undefined {
  const plain = plainName(name);
  return Object.keys(table).find((known) =>
    table[known]?.aliases.some((alias) => plainName(alias) === plain),
  );
}

function plainName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z]/g, "");
}

/** The known name that a mistyped or differently cased one most likely means. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // With as many changes as it has letters, a name becomes any other.
  const furthest = Math.min(Math.max(2, Math.floor(name.length / 3)), plainName(name).length - 1);
  let bestDistance = furthest + 1;
  for (const candidate of known) {
    const distance = editDistance(plainName(name), plainName(candidate));
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
