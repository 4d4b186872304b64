/** The place of one client among all, with random numbers of its own that come again with the same seed. */

import type { ScenarioSeat } from "./scenario.ts";

/**
 * A seat.
 *
 * @param index - from 0
 * @param clients - how many there are
 * @param seed - that of the run
 */
export function seatOf(index: number, clients: number, seed: number): ScenarioSeat {
  let state = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  // The generator "mulberry32": 32 bits of state, and good enough to spread clients.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  return {
    index,
    clients,
    random,
    between,
    pick: <Item>(list: readonly Item[]): Item => {
      if (list.length === 0) throw new RangeError("pick() was given an empty list.");
      return list[between(0, list.length - 1)] as Item;
    },
  };
}
