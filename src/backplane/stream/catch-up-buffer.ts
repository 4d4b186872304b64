/** Events that come while it is being read what came before them. */

import type { HeardEvent } from "./stream-event.ts";

const maxEvents = 20_000;
const maxBytes = 16 * 1024 * 1024;

/** See above. */
export class CatchUpBuffer {
  /** Whether some had to go, which have to be read like those before them. */
  hasOverflown = false;
  #events: HeardEvent[] = [];
  #bytes = 0;

  /** Keeps one. */
  add(heard: HeardEvent): void {
    if (this.#events.length >= maxEvents || this.#bytes + heard.size > maxBytes) {
      this.takeAll();
      this.hasOverflown = true;
    }
    this.#events.push(heard);
    this.#bytes += heard.size;
  }

  /** Takes all out. */
  takeAll(): readonly HeardEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }
}
