/** What waits for a message to come back that this process has sent itself behind all others. */

import { randomInt } from "node:crypto";

/** The largest range that `randomInt` knows. */
const longestId = 2 ** 48 - 1;

/** Told whether everything before has been heard: `false` when there was a break. */
export type Passed = (isWhole: boolean) => void;

/** See above. */
export class Barriers {
  readonly #barriers = new Map<number, Passed>();

  /** Adds one; returns what its message is to say. */
  add(passed: Passed): number {
    // A program that only writes cannot say that all was heard: it would have to guess the id.
    const id = randomInt(longestId);
    this.#barriers.set(id, passed);
    return id;
  }

  /** Takes one out; `undefined` for one that waits no more. */
  take(id: number): Passed | undefined {
    const passed = this.#barriers.get(id);
    this.#barriers.delete(id);
    return passed;
  }

  /** There is a break. */
  fail(): void {
    const barriers = [...this.#barriers.values()];
    this.#barriers.clear();
    for (const passed of barriers) passed(false);
  }
}
