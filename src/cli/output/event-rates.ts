/** How many events of each name came since it was asked last. */

import { printable } from "../../base/printable.ts";
import { showSize } from "./event-text.ts";

/** Events and bytes of one name. */
interface EventCount {
  events: number;
  bytes: number;
}

/** The most names that are counted; a server with more of them has a number in its names. */
const mostNames = 1000;

/** Counts events by name. */
export class EventRates {
  #counts = new Map<string, EventCount>();
  #total: EventCount = { events: 0, bytes: 0 };

  /** Counts one event. */
  add(event: string, bytes: number): void {
    this.#total.events += 1;
    this.#total.bytes += bytes;
    let count = this.#counts.get(event);
    if (count === undefined) {
      if (this.#counts.size >= mostNames) return;
      count = { events: 0, bytes: 0 };
      this.#counts.set(event, count);
    }
    count.events += 1;
    count.bytes += bytes;
  }

  /** The counts, most events first; counting begins again. */
  take(): { events: number; bytes: number; byEvent: Record<string, EventCount> } {
    const sorted = [...this.#counts].sort(([, one], [, other]) => other.events - one.events);
    const taken = { ...this.#total, byEvent: Object.fromEntries(sorted) };
    this.#counts = new Map();
    this.#total = { events: 0, bytes: 0 };
    return taken;
  }

  /** The same as a line, such as `12 events, 1.2 kB: said 10, typing 2`. */
  takeLine(): string {
    const { events, bytes, byEvent } = this.take();
    if (events === 0) return "no events";
    const names = Object.entries(byEvent).map(([name, count]) => `${printable(name)} ${count.events}`);
    return `${events} ${events === 1 ? "event" : "events"}, ${showSize(bytes)}: ${names.join(", ")}`;
  }
}
