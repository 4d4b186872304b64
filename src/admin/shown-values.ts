/** Copies of values for people to look at: short, and without binary data. */

/** What a copy may hold in all: every text counts its length, and everything else a little. */
const longest = 4000;
/** Longer texts and lists are cut, and deeper objects left out. */
const longestText = 1000;
const longestList = 100;
const deepest = 8;
/** What a value counts besides its text. */
const cost = 8;

const left = "…";

/** A copy of a value to look at. */
export function shownValue(value: unknown): unknown {
  return new Copy().of(value, 0);
}

/** Copies of an event's arguments, which together are as short as one value. */
export function shownValues(values: readonly unknown[]): unknown[] {
  const copy = new Copy();
  return values.map((value) => copy.of(value, 0));
}

class Copy {
  #room = longest;

  of(value: unknown, depth: number): unknown {
    this.#room -= cost;
    if (this.#room <= 0) return left;
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint" || typeof value === "symbol") return this.#text(String(value));
    if (typeof value === "function" || value === undefined) return null;
    if (typeof value !== "object" || value === null) return value;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
    if (depth >= deepest) return left;
    try {
      if ("toJSON" in value && typeof value.toJSON === "function") return this.of(value.toJSON(), depth + 1);
      return Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth);
    } catch {
      // An object of the application that cannot be read.
      return left;
    }
  }

  #text(text: string): string {
    const length = Math.min(longestText, this.#room);
    this.#room -= Math.min(text.length, length);
    return text.length > length ? `${text.slice(0, length)}${left}` : text;
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const copies: unknown[] = [];
    for (const item of list) {
      if (copies.length === longestList || this.#room <= 0) {
        copies.push(left);
        break;
      }
      copies.push(this.of(item, depth + 1));
    }
    return copies;
  }

  #object(object: object, depth: number): object {
    const copies: [string, unknown][] = [];
    for (const [name, member] of Object.entries(object)) {
      if (copies.length === longestList || this.#room <= 0) {
        copies.push([left, left]);
        break;
      }
      copies.push([this.#text(name), this.of(member, depth + 1)]);
    }
    return Object.fromEntries(copies);
  }
}
