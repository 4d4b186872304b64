/**
 * Reads the latest events of a namespace for clients that come back. Many come at once and have missed the
 * same events, so one read serves all that ask while another one is under way, and the events are kept for a
 * moment.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { EventIndex, type EventRange } from "./event-index.ts";
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

/** A read that has not begun, for all that ask until it begins. */
interface NextRead {
  /** The smallest offset that was asked for. */
  from: number;
  readonly result: Promise<ReadResult>;
}

/** The events after the smallest offset that was asked for; `null` when some of them are gone. */
interface ReadResult {
  readonly tail: EventIndex | null;
  /** The latest offset. */
  readonly head: number;
}

/** Reads events, and keeps the latest ones for a moment. */
export class ReadCache {
  readonly #clock: Clock;
  readonly #read: (offset: number) => Promise<StreamPart>;
  #tail: EventIndex | null = null;
  #timer: Timer | null = null;
  #reading: Promise<unknown> = Promise.resolve();
  #next: NextRead | null = null;

  /** @param read - reads the next events after an offset */
  constructor(read: (offset: number) => Promise<StreamPart>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The events after an offset; `null` when some are gone, or the offset is not in the stream yet. */
  async readAfter(offset: number): Promise<EventRange | null> {
    for (;;) {
      const next = this.#join(offset);
      const { tail, head } = await next.result;
      if (tail !== null && head >= offset) return tail.rangeAfter(offset);
      // Events may be gone that another one asked for.
      if (tail !== null || offset === next.from) return null;
    }
  }

  /** Forgets the events that it keeps. */
  forget(): void {
    this.#timer?.cancel();
    this.#tail = null;
  }

  /** Asks for the next read, which begins when the one under way has ended. */
  #join(offset: number): NextRead {
    const waiting = this.#next;
    if (waiting !== null) {
      waiting.from = Math.min(waiting.from, offset);
      return waiting;
    }
    const result = this.#reading.then(() => {
      this.#next = null;
      return this.#readAll(next.from);
    });
    this.#reading = result.catch(() => {});
    const next: NextRead = { from: offset, result };
    this.#next = next;
    return next;
  }

  async #readAll(offset: number): Promise<ReadResult> {
    const known = this.#tail;
    const isUseful = known !== null && known.after <= offset && offset <= known.end;
    const tail = isUseful ? known : new EventIndex(offset);
    for (;;) {
      const { head, entries, isLast } = await this.#read(tail.end);
      if (entries === null || head < offset) return { tail: null, head };
      for (const entry of entries) tail.add(entry);
      if (!isLast) continue;
      this.#keep(tail);
      return { tail, head };
    }
  }

  #keep(tail: EventIndex): void {
    this.forget();
    if (tail.size > maxEntries) return;
    this.#tail = tail;
    this.#timer = this.#clock.after(lifetime, () => this.forget());
  }
}
