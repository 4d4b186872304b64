/** Values that clients and handlers send, as a text like JSON of a limited length. */

import { isBinary } from "../../base/bytes.ts";

/** How deep values are looked into. */
const maxDepth = 8;

/** Writes a text up to a length. */
class Preview {
  #text = "";
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#text.length > this.#limit;
  }

  /** The text; with a mark where it was cut. */
  get text(): string {
    return this.isFull ? `${this.#text.slice(0, this.#limit)}…` : this.#text;
  }

  write(value: unknown, depth: number): void {
    if (this.isFull) return;
    if (typeof value === "string") this.#add(JSON.stringify(value.slice(0, this.#limit + 1)));
    else if (typeof value !== "object" || value === null) this.#add(String(value));
    else if (isBinary(value)) this.#add(`<${value.byteLength} bytes>`);
    else if (depth >= maxDepth) this.#add("…");
    else if (Array.isArray(value)) this.#list(value, depth);
    else this.#object(value, depth);
  }

  #add(text: string): void {
    this.#text += text;
  }

  #list(values: readonly unknown[], depth: number): void {
    this.#add("[");
    for (let index = 0; index < values.length && !this.isFull; index += 1) {
      if (index > 0) this.#add(", ");
      this.write(values[index], depth + 1);
    }
    this.#add("]");
  }

  #object(value: object, depth: number): void {
    if (value instanceof Date) {
      this.#add(JSON.stringify(value));
      return;
    }
    this.#add("{");
    let isFirst = true;
    for (const name in value) {
      if (this.isFull) break;
      if (!Object.hasOwn(value, name)) continue;
      const key = JSON.stringify(name);
      this.#add(`${isFirst ? " " : ", "}${key}: `);
      this.write((value as Record<string, unknown>)[name], depth + 1);
      isFirst = false;
    }
    this.#add(isFirst ? "}" : " }");
  }
}

/**
 * A value as text.
 *
 * @param limit - the most characters
 */
export function preview(value: unknown, limit: number): string {
  const text = new Preview(limit);
  try {
    text.write(value, 0);
  } catch {
    // A getter or a proxy of the application throws.
    return "a value that cannot be read";
  }
  return text.text;
}

/** Several arguments as text, without the brackets of a list. */
export function previewAll(values: readonly unknown[], limit: number): string {
  const text = preview(values, limit + 1);
  return text.endsWith("…") ? `${text.slice(1, limit + 1)}…` : text.slice(1, -1);
}
