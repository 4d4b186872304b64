/**
 * Names of rooms and clients in messages of other programs, which take numbers for rooms and write whatever
 * they were given.
 */

/** Names as a message gives them. */
export interface ForeignNames {
  /** `null` where the message gives none; empty where it gives some of which none can be used. */
  readonly names: readonly string[] | null;
  /** A value among them that is no name, in a word or two; `null` where all are names. */
  readonly unusable: string | null;
}

/** The name that a value stands for; `null` for none. The number `5` stands for the room "5". */
export function foreignName(value: unknown): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value)))
    return String(value);
  return null;
}

/** Reads a name, a list of names, or nothing. */
export function foreignNames(value: unknown): ForeignNames {
  if (value === null || value === undefined) return { names: null, unusable: null };
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names: string[] = [];
  let unusable: string | null = null;
  for (const each of values) {
    const name = foreignName(each);
    if (name === null) unusable ??= describe(each);
    else names.push(name);
  }
  return { names, unusable };
}

/** Says in a word or two why a value is no name. The value comes from outside, so it is not quoted. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
