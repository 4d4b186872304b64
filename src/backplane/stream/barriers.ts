/** Pending barriers. When the message of a barrier returns, every earlier message has been received. */

import { nodeCrypto } from "../../base/node-crypto.ts";

/** The largest range that `randomInt` knows. */
const longestId = 2 ** 48 - 1;

/** Called with whether everything before the barrier was received; `false` after a break. */
export type Passed = (isWhole: boolean) => void;

/** The pending barriers of one stream, by the id in their messages. */
export class Barriers {
  readonly #barriers = new Map<number, Passed>();

  /** Adds a barrier. Returns the id for its message. */
  add(passed: Passed): number {
    // Ids are random, so that a program that only writes to the broker cannot fake the message of a barrier.
    const id = nodeCrypto().randomInt(longestId);
    this.#barriers.set(id, passed);
    return id;
  }

  /** Removes a barrier; `undefined` when it is not pending. */
  take(id: number): Passed | undefined {
    const passed = this.#barriers.get(id);
    this.#barriers.delete(id);
    return passed;
  }

  /** Ends all barriers after a break. */
  fail(): void {
    const barriers = [...this.#barriers.values()];
    this.#barriers.clear();
    for (const passed of barriers) passed(false);
  }
}
