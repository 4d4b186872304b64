/** The options of one command line, checked where they are read. */

import { nearest } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readDuration } from "./duration.ts";

/** Options by their long name. */
export class Flags {
  readonly #given: ReadonlyMap<string, readonly (string | boolean)[]>;

  constructor(given: ReadonlyMap<string, readonly (string | boolean)[]>) {
    this.#given = given;
  }

  /** Whether an option that takes no value was given. */
  has(name: string): boolean {
    return this.#given.get(name)?.at(-1) === true;
  }

  /** Whether an option was turned off, as in `--no-upgrade`. */
  isOff(name: string): boolean {
    return this.#given.get(name)?.at(-1) === false;
  }

  /** All values of an option, in order. */
  texts(name: string): readonly string[] {
    return (this.#given.get(name) ?? []).filter((value): value is string => typeof value === "string");
  }

  /** The value of an option; of several the last. */
  text(name: string): string | undefined {
    return this.texts(name).at(-1);
  }

  /** A duration in ms. */
  duration(name: string, defaultValue: number): number {
    const text = this.text(name);
    if (text === undefined) return defaultValue;
    const duration = readDuration(text);
    if (duration !== undefined) return duration;
    throw usageFailure(`--${name} takes a duration such as 500ms, 10s or 2m, not ${quoted(text)}.`);
  }

  /** A number of things. */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw usageFailure(`--${name} takes a whole number, not ${quoted(text)}.`);
  }

  /** One of a few words. */
  oneOf<Word extends string>(name: string, words: readonly Word[], defaultValue: Word): Word {
    const text = this.text(name);
    if (text === undefined) return defaultValue;
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const meant = nearest(text, words);
    const help = meant === undefined ? "" : ` Did you mean ${meant}?`;
    throw usageFailure(`--${name} takes ${words.join(", ")}, not ${quoted(text)}.${help}`);
  }
}
