/** A copy of a returning client's data, for a `connect` handler that may refuse the client. */

import { isDeepStrictEqual } from "node:util";
import { emptyData } from "../../base/bare-data.ts";
import { isPlainObject } from "../../base/options.ts";

type Data = Record<string, unknown>;

/** A copy of data, which knows what has changed in it. */
export class Draft {
  /** The copy, which the handler reads and changes. */
  readonly data: Data;
  /** The data before any change. */
  readonly #before: Data;

  /** @param original - stays unchanged */
  constructor(original: Readonly<Data>) {
    this.data = copyOf(original);
    this.#before = copyOf(original);
  }

  /** Applies the changes to data in which other keys may have changed as well. */
  applyTo(data: Data): void {
    for (const [key, value] of Object.entries(this.data)) {
      if (key in this.#before && isDeepStrictEqual(value, this.#before[key])) continue;
      data[key] = value;
    }
    for (const key of Object.keys(this.#before)) if (!(key in this.data)) delete data[key];
  }
}

/** Copies arrays and plain objects at any depth, and shares everything else. */
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

/** Sets a key of any name, including `__proto__`. */
function define(data: Data, key: string, value: unknown): void {
  Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true });
}
