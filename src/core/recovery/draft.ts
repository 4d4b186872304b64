/** A copy of what is kept of a client, for a handler that may not be allowed to change it; and what the handler has changed. */

import { isDeepStrictEqual } from "node:util";
import { emptyData } from "../../base/bare-data.ts";
import { isPlainObject } from "../../base/options.ts";

type Data = Record<string, unknown>;

/** See above. */
export class Draft {
  /** What the handler sees and changes. */
  readonly data: Data;
  /** What that was at the beginning. */
  readonly #before: Data;

  /** @param original - stays as it is */
  constructor(original: Readonly<Data>) {
    this.data = copyOf(original);
    this.#before = copyOf(original);
  }

  /** Puts what has changed into data, where other keys may have changed as well. */
  applyTo(data: Data): void {
    for (const [key, value] of Object.entries(this.data)) {
      if (key in this.#before && isDeepStrictEqual(value, this.#before[key])) continue;
      data[key] = value;
    }
    for (const key of Object.keys(this.#before)) if (!(key in this.data)) delete data[key];
  }
}

/** Copies lists and plain objects, however deep; everything else is shared, as its own class knows it. */
function copyOf(original: Readonly<Data>): Data {
  const copies = new Map<object, unknown>();
  const copy = (value: unknown): unknown => {
    if (!Array.isArray(value) && !isPlainObject(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      copies.set(value, list);
      for (const each of value) list.push(copy(each));
      return list;
    }
    const made = Object.create(Object.getPrototypeOf(value) as object | null) as Data;
    copies.set(value, made);
    for (const [key, each] of Object.entries(value)) define(made, key, copy(each));
    return made;
  };
  const made = emptyData();
  copies.set(original, made);
  for (const [key, value] of Object.entries(original)) made[key] = copy(value);
  return made;
}

/** Sets a key of any name, `__proto__` as well. */
function define(data: Data, key: string, value: unknown): void {
  Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true });
}
