/**
 * Objects for data whose keys a client may choose. They have no prototype: `constructor` is not there until a
 * handler puts it there, and `__proto__` is a key like any other.
 */

/** Data without any keys. */
export function emptyData(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** Data with the keys and values of another object. */
export function dataFrom(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.assign(emptyData(), source);
}
