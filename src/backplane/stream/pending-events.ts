/** Events of this node that have not come back with their offsets, and the turns that wait for them. */

import type { Turn } from "../../core/socket/turn.ts";
import type { Suspect } from "../bus/open-requests.ts";
import { encodeEntry, type UnsequencedEvent } from "./stream-event.ts";

/** An event that was sent and has not come back. */
export interface PendingEvent extends UnsequencedEvent, Suspect {
  readonly id: number;
  readonly message: Uint8Array;
  /** Its offset; 0 until the broker has told it. */
  offset: number;
  /** Whether the broker may have it. */
  isSent: boolean;
}

/** The most memory for all together, in bytes. */
const maxBytes = 16 * 1024 * 1024;
/** Memory of each besides its message, in bytes. */
const overhead = 512;

/** Pending events and turns, in order. */
export class PendingEvents {
  /** Events under their ids, and turns under themselves, in the order in which they were added. */
  readonly #items = new Map<number | Turn, PendingEvent | Turn>();
  /** How many are turns. Mostly none, so each event only checks this count. */
  #turns = 0;
  #bytes = 0;

  /** Whether nothing is pending. */
  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  /** Adds an event. `"full"` when there is no space now, `"too large"` when there never is. */
  add(node: string, id: number, unsequenced: UnsequencedEvent): PendingEvent | "full" | "too large" {
    const { target, event, compress } = unsequenced;
    const message = encodeEntry(node, id, unsequenced);
    const size = message.length + overhead;
    if (size > maxBytes) return "too large";
    if (this.#bytes + size > maxBytes) return "full";
    const pending: PendingEvent = {
      target,
      event,
      compress,
      id,
      message,
      offset: 0,
      isSent: false,
      breaks: 0,
    };
    this.#items.set(id, pending);
    this.#bytes += size;
    return pending;
  }

  /** Adds a turn behind the pending events; `false` when there is no space. */
  follow(turn: Turn): boolean {
    if (this.#bytes + overhead > maxBytes) return false;
    this.#items.set(turn, turn);
    this.#turns += 1;
    this.#bytes += overhead;
    return true;
  }

  /** Removes an event that has come back, or never will. */
  settle(id: number): void {
    const pending = this.#items.get(id);
    if (!isEvent(pending)) return;
    this.#items.delete(id);
    this.#bytes -= pending.message.length + overhead;
  }

  /** Removes events up to an offset: they have come back, or are not for this node. */
  settleUntil(offset: number): void {
    for (const item of this.#items.values()) {
      if (!isEvent(item)) continue;
      if (item.offset === 0 || item.offset > offset) return;
      this.settle(item.id);
    }
  }

  /** Removes and returns the first turn, if no event is ahead of it. */
  takeTurn(): Turn | undefined {
    if (this.#turns === 0) return undefined;
    const [first] = this.#items.values();
    if (first === undefined || isEvent(first)) return undefined;
    this.#items.delete(first);
    this.#turns -= 1;
    this.#bytes -= overhead;
    return first;
  }

  /** Removes and returns everything. */
  takeAll(): (PendingEvent | Turn)[] {
    const all = this.all();
    this.#items.clear();
    this.#turns = 0;
    this.#bytes = 0;
    return all;
  }

  /** All events and turns, in a new list, so that a loop over it may remove them. */
  all(): (PendingEvent | Turn)[] {
    return [...this.#items.values()];
  }

  *[Symbol.iterator](): IterableIterator<PendingEvent> {
    for (const item of this.#items.values()) if (isEvent(item)) yield item;
  }
}

/** Whether an item is an event and not a turn. */
export function isEvent(item: PendingEvent | Turn | undefined): item is PendingEvent {
  return item !== undefined && "id" in item;
}
