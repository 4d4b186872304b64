/**
 * Reads the latest events of a namespace for clients that come back. Many come at once and have missed the
 * same events, so it keeps them for a moment.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { StreamEvent } from "./stream-event.ts";

/** A part of the stream. */
export interface StreamPart {
  /** The latest offset. */
  readonly head: number;
  /** The events that follow the given offset, without a hole; `null` when some are gone. */
  readonly entries: readonly StreamEvent[] | null;
  /** Whether these are the last events. */
  readonly isLast: boolean;
}

/** The most events that it keeps, and how long without use, in ms. */
const maxEntries = 20_000;
const lifetime = 5000;

interface Tail {
  /** The offset before the first event. */
  readonly after: number;
  readonly entries: StreamEvent[];
}

/** Reads events, and keeps the latest ones for a moment. */
export class ReadCache {
  readonly #clock: Clock;
  readonly #read: (offset: number) => Promise<StreamPart>;
  #tail: Tail | null = null;
  #timer: Timer | null = null;
  #reading: Promise<unknown> = Promise.resolve();

  /** @param read - reads the next events after an offset */
  constructor(read: (offset: number) => Promise<StreamPart>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The events after an offset; `null` when some are gone, or the offset is not in the stream yet. */
  readAfter(offset: number): Promise<readonly StreamEvent[] | null> {
    // One at a time: the next call finds the events that this one has read.
    const reading = this.#reading.then(() => this.#readAll(offset));
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /** Forgets the events that it keeps. */
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
