/**
 * Names of rooms and clients in messages of programs that are no Roomcast: those take numbers for rooms, and write
 * whatever they were given.
 */

/** Names as a message gives them. */
export interface ForeignNames {
  /** `null` for no name in particular; empty where none of those given can be used. */
  readonly names: readonly string[] | null;
  /** What stands among them that is no name, in a word or two; `null` for nothing. */
  readonly unusable: string | null;
}

/** The name that a value stands for: a number is its digits, as `5` is in the room "5". `null` for what is none. */
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

/** What a value is that is no name. It is not quoted: it comes from outside. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
