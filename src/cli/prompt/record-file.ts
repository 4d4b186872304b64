/** A file that holds everything that happened in a session, one line of JSON for each thing. */

import { appendFileSync, writeFileSync } from "node:fs";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";

/** The file of `--record`. */
export class RecordFile {
  readonly #path: string;

  /**
   * Begins the file; what was in it is replaced.
   *
   * @throws CommandFailure when it cannot be written
   */
  constructor(path: string) {
    this.#path = path;
    try {
      writeFileSync(path, "");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw usageFailure(`The file ${quoted(path)} of --record cannot be written (${code}).`);
    }
  }

  /** Adds a line. */
  add(entry: Readonly<Record<string, unknown>>): void {
    const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
    appendFileSync(this.#path, `${line}\n`);
  }
}
