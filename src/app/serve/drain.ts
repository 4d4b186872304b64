/**
 * Disconnects clients gradually, in random order, so that they do not all reconnect at once. A client whose
 * event is being handled is disconnected after that.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { SettledDrainOptions } from "../options/drain-options.ts";

/** The time between two steps, in ms. */
const interval = 20;

/** A client that can be disconnected. */
export interface DrainableClient {
  /** Whether one of its events is being handled. */
  readonly isBusy: boolean;
  /** Ends its connection, after the events sent before. Harmless when it is gone. */
  drain(reason: string): void;
}

/** One drain of a server. */
export class Drain {
  readonly #clock: Clock;
  readonly #waiting: DrainableClient[];
  readonly #count: number;
  readonly #stagger: number;
  readonly #start: number;
  readonly #end: number;
  readonly #reason: string;
  #finish: () => void = () => {};
  /** Resolves when the last client is disconnected. */
  readonly finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  /** @param random - returns numbers from 0 to 1 */
  constructor(
    leavers: Iterable<DrainableClient>,
    { timeout, stagger, reason }: SettledDrainOptions,
    clock: Clock,
    random: () => number = Math.random,
  ) {
    this.#waiting = shuffled(leavers, random);
    this.#count = this.#waiting.length;
    this.#stagger = stagger ?? Math.min(2 * this.#count, timeout / 2);
    this.#clock = clock;
    this.#start = clock.now();
    this.#end = this.#start + timeout;
    this.#reason = reason;
    this.#step();
  }

  /** Disconnects the remaining clients at once. */
  hurry(): void {
    for (const leaver of this.#waiting.splice(0)) leaver.drain(this.#reason);
    this.#finish();
  }

  readonly #step = () => {
    const now = this.#clock.now();
    if (now >= this.#end) this.hurry();
    const share = this.#stagger === 0 ? 1 : Math.min(1, (now - this.#start) / this.#stagger);
    let due = this.#waiting.length - Math.floor(this.#count * (1 - share));
    const busy: DrainableClient[] = [];
    for (; due > 0; due -= 1) {
      const leaver = this.#waiting.pop();
      if (leaver === undefined) break;
      if (leaver.isBusy) busy.push(leaver);
      else leaver.drain(this.#reason);
    }
    // Busy clients come first in the next step.
    this.#waiting.push(...busy);
    if (this.#waiting.length === 0) this.#finish();
    else this.#clock.after(interval, this.#step, true);
  };
}

function shuffled<T>(items: Iterable<T>, random: () => number): T[] {
  const list = [...items];
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [list[index], list[other]] = [list[other] as T, list[index] as T];
  }
  return list;
}
