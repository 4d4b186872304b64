/**
 * Events of a stream, in the order of their offsets and by the names that they are for. A client that comes
 * back so finds its events without a look at those of all other rooms.
 */

import type { StreamEvent } from "./stream-event.ts";

/** Events without a hole between two offsets. */
export interface EventRange {
  /** The offset of the last event; the one before the range if it is empty. */
  readonly end: number;
  /** Those to everybody, or to a room or client with one of these names: each once, in order. */
  about(names: Iterable<string>): readonly StreamEvent[];
}

/** See the head of this file. */
export class EventIndex {
  /** The offset before the first event. */
  readonly after: number;
  #size = 0;
  readonly #toEverybody: StreamEvent[] = [];
  readonly #byName = new Map<string, StreamEvent[]>();

  /** @param after - the offset before the first event */
  constructor(after: number) {
    this.after = after;
  }

  /** How many events there are. */
  get size(): number {
    return this.#size;
  }

  /** The offset of the last event. */
  get end(): number {
    return this.after + this.#size;
  }

  /** Adds the event that follows the last one. */
  add(event: StreamEvent): void {
    this.#size += 1;
    const { sid, rooms } = event.target;
    if (sid !== null) this.#addTo(sid, event);
    else if (rooms === null) this.#toEverybody.push(event);
    else for (const room of new Set(rooms)) this.#addTo(room, event);
  }

  /** The events from after an offset up to the one that is last now: later ones do not join the range. */
  rangeAfter(offset: number): EventRange {
    const { end } = this;
    return { end, about: (names) => this.#between(offset, end, names) };
  }

  #addTo(name: string, event: StreamEvent): void {
    const events = this.#byName.get(name);
    if (events === undefined) this.#byName.set(name, [event]);
    else events.push(event);
  }

  #between(after: number, end: number, names: Iterable<string>): readonly StreamEvent[] {
    const parts = [this.#toEverybody];
    for (const name of new Set(names)) {
      const events = this.#byName.get(name);
      if (events !== undefined) parts.push(events);
    }
    const found = parts.map((events) => cut(events, after, end)).filter(({ length }) => length > 0);
    const [first = []] = found;
    if (found.length < 2) return first;
    const inOrder = found.flat().sort((one, other) => one.offset - other.offset);
    // An event for several rooms is there for each of them.
    return inOrder.filter((event, index) => event !== inOrder[index - 1]);
  }
}

/** The events from after one offset up to another. */
function cut(events: readonly StreamEvent[], after: number, end: number): StreamEvent[] {
  return events.slice(placeAfter(events, after), placeAfter(events, end));
}

/** The place of the first event after an offset. */
function placeAfter(events: readonly StreamEvent[], offset: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.offset ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
