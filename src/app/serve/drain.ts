/**
 * Sends clients away without a stampede: one after the other, in an order of chance, and those whose events are being
 * handled when that is done.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { SettledDrainOptions } from "../options/drain-options.ts";

/** How often it is looked at who is to go, in ms. */
const interval = 20;

/** A client that has to go. */
export interface DrainableClient {
  /** Whether one of its events is being handled. */
  readonly isBusy: boolean;
  /** Ends its connection, after what was sent before. Harmless when it is gone. */
  drain(reason: string): void;
}

/** Sends clients away. */
export class Drain {
  readonly #clock: Clock;
  readonly #waiting: DrainableClient[];
  readonly #count: number;
  readonly #stagger: number;
  readonly #start: number;
  readonly #end: number;
  readonly #reason: string;
  #finish: () => void = () => {};
  /** Resolves when the last one has been sent away. */
  readonly finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  /** @param random - gives numbers from 0 to 1 */
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

  /** Sends away at once whoever is still there. */
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
    // They are asked again before all others.
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
