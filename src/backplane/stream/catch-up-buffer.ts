/** Events that arrive while the stream still reads earlier ones. Their memory is bounded. */

import type { HeardEvent } from "./stream-event.ts";

const maxEvents = 20_000;
const maxBytes = 16 * 1024 * 1024;

/** Holds live events until the stream has caught up. */
export class CatchUpBuffer {
  /** Whether events were dropped for lack of space. The stream then has to read them. */
  hasOverflown = false;
  #events: HeardEvent[] = [];
  #bytes = 0;

  /** Adds an event. Drops the earlier ones when it does not fit. */
  add(heard: HeardEvent): void {
    if (this.#events.length >= maxEvents || this.#bytes + heard.size > maxBytes) {
      this.takeAll();
      this.hasOverflown = true;
    }
    this.#events.push(heard);
    this.#bytes += heard.size;
  }

  /** Removes and returns all events. */
  takeAll(): readonly HeardEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }
}
