/** The events of this process that have not come back with their numbers, and the turns that wait for them. */

import type { Turn } from "../../core/socket/turn.ts";
import type { Suspect } from "../bus/open-requests.ts";
import { encodeEntry, type UnsequencedEvent } from "./stream-event.ts";

/** See above. */
export interface PendingEvent extends UnsequencedEvent, Suspect {
  readonly id: number;
  readonly message: Uint8Array;
  /** Its number once that is known; 0 before. */
  offset: number;
}

/** What all may take together, in bytes. */
const maxBytes = 16 * 1024 * 1024;
/** What each costs beside its bytes. */
const overhead = 512;

/** See above. */
export class PendingEvents {
  /** Events by their ids, and turns by themselves, in the order in which they came. */
  readonly #items = new Map<number | Turn, PendingEvent | Turn>();
  /** How many of them are turns: mostly none, and that is asked at each event. */
  #turns = 0;
  #bytes = 0;

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  /** Adds an event, unless there is no place for it now, or it is larger than all may be. */
  add(node: string, id: number, unsequenced: UnsequencedEvent): PendingEvent | "full" | "too large" {
    const { target, event, compress } = unsequenced;
    const message = encodeEntry(node, id, unsequenced);
    const size = message.length + overhead;
    if (size > maxBytes) return "too large";
    if (this.#bytes + size > maxBytes) return "full";
    const pending: PendingEvent = { target, event, compress, id, message, offset: 0, breaks: 0 };
    this.#items.set(id, pending);
    this.#bytes += size;
    return pending;
  }

  /** Has a turn wait for the events that are there; `false` when there is no place for it. */
  follow(turn: Turn): boolean {
    if (this.#bytes + overhead > maxBytes) return false;
    this.#items.set(turn, turn);
    this.#turns += 1;
    this.#bytes += overhead;
    return true;
  }

  /** One has come back, or will not. */
  settle(id: number): void {
    const pending = this.#items.get(id);
    if (!isEvent(pending)) return;
    this.#items.delete(id);
    this.#bytes -= pending.message.length + overhead;
  }

  /** Everything until a number has come back, or does not come to this process. */
  settleUntil(offset: number): void {
    for (const item of this.#items.values()) {
      if (!isEvent(item)) continue;
      if (item.offset === 0 || item.offset > offset) return;
      this.settle(item.id);
    }
  }

  /** Takes out the first turn, if it waits for no event any more. */
  takeTurn(): Turn | undefined {
    if (this.#turns === 0) return undefined;
    const [first] = this.#items.values();
    if (first === undefined || isEvent(first)) return undefined;
    this.#items.delete(first);
    this.#turns -= 1;
    this.#bytes -= overhead;
    return first;
  }

  /** Takes all out. */
  takeAll(): (PendingEvent | Turn)[] {
    const all = this.all();
    this.#items.clear();
    this.#turns = 0;
    this.#bytes = 0;
    return all;
  }

  /** Events and turns. A list of its own, so that they may go while it is gone through. */
  all(): (PendingEvent | Turn)[] {
    return [...this.#items.values()];
  }

  *[Symbol.iterator](): IterableIterator<PendingEvent> {
    for (const item of this.#items.values()) if (isEvent(item)) yield item;
  }
}

/** Whether it is an event, and no turn. */
export function isEvent(item: PendingEvent | Turn | undefined): item is PendingEvent {
  return item !== undefined && "id" in item;
}
