/**
 * Reads the latest events of a namespace for those who come back: many do so at once, and most of them have missed the
 * same, so what one has read is kept for the next for a moment.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { StreamEvent } from "./stream-event.ts";

/** A part of what is kept. */
export interface StreamPart {
  /** The latest number. */
  readonly head: number;
  /** What follows the number that was asked for, each with the next number; `null` where some of that is gone. */
  readonly entries: readonly StreamEvent[] | null;
  /** Whether nothing follows. */
  readonly isLast: boolean;
}

/** How many are kept for the next one who comes back, and for how long, in ms. */
const maxEntries = 20_000;
const lifetime = 5000;

interface Tail {
  /** The number that the first follows. */
  readonly after: number;
  readonly entries: StreamEvent[];
}

/** See above. */
export class ReadCache {
  readonly #clock: Clock;
  readonly #read: (offset: number) => Promise<StreamPart>;
  #tail: Tail | null = null;
  #timer: Timer | null = null;
  #reading: Promise<unknown> = Promise.resolve();

  /** @param read - reads the next events after a number */
  constructor(read: (offset: number) => Promise<StreamPart>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** What follows a number; `null` where not all of that is there any more, or nobody can have come so far. */
  readAfter(offset: number): Promise<readonly StreamEvent[] | null> {
    // One after the other: who comes next finds what the one before has read.
    const reading = this.#reading.then(() => this.#readAll(offset));
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /** Forgets what was read. */
  forget(): void {
    this.#timer?.cancel();
    this.#tail = null;
  }

  async #readAll(offset: number): Promise<readonly StreamEvent[] | null> {
    const known = this.#tail;
    const isUseful = known !== null && known.after <= offset && offset <= endOf(known);
    const tail = isUseful ? known : { after: offset, entries: [] };
    for (;;) {
      const { head, entries, isLast } = await this.#read(endOf(tail));
      if (entries === null || head < offset) return null;
      tail.entries.push(...entries);
      if (isLast) break;
    }
    this.#keep(tail);
    return tail.entries.slice(offset - tail.after);
  }

  #keep(tail: Tail): void {
    this.forget();
    if (tail.entries.length > maxEntries) return;
    this.#tail = tail;
    this.#timer = this.#clock.after(lifetime, () => this.forget());
  }
}

function endOf({ after, entries }: Tail): number {
  return after + entries.length;
}
