/** A map that a file remembers, one change a line. It keeps the example small: a real chat has a database. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export class FileMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #file: string;
  #lines = 0;

  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    // A process that was killed may have left half a line at the end.
    const half = lines.pop();
    if (half) console.warn(`${file} ends with half a change, which is dropped: ${half}`);
    for (const line of lines) this.#apply(...(JSON.parse(line) as [string, Value?]));
    this.#compact();
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** The values, the oldest first. */
  values(): Value[] {
    return [...this.#values.values()];
  }

  set(key: string, value: Value): void {
    this.#write(key, value);
  }

  delete(key: string): void {
    if (this.#values.has(key)) this.#write(key);
  }

  #write(...change: [key: string, value?: Value]): void {
    appendFileSync(this.#file, `${JSON.stringify(change)}\n`, { mode: 0o600 });
    this.#apply(...change);
    if (this.#lines > 1_000 + 4 * this.#values.size) this.#compact();
  }

  #apply(key: string, value?: Value): void {
    this.#lines++;
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }

  /** Writes the file again, without what has been replaced. */
  #compact(): void {
    const lines = [...this.#values].map((entry) => `${JSON.stringify(entry)}\n`);
    writeFileSync(`${this.#file}.new`, lines.join(""), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    this.#lines = lines.length;
  }
}
