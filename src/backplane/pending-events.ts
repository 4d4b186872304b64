/** The events of this process that have not come back with their numbers. */

import { encodeEntry, type UnnumberedEvent } from "./numbered-event.ts";

/** See above. */
export interface PendingEvent extends UnnumberedEvent {
  readonly id: number;
  readonly message: Uint8Array;
  /** Its number once that is known; 0 before. */
  number: number;
}

/** What all may take, in bytes. */
const maxBytes = 16 * 1024 * 1024;
/** What each costs beside its bytes. */
const overhead = 512;

/** See above. */
export class PendingEvents {
  readonly #events = new Map<number, PendingEvent>();
  #bytes = 0;

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#events.size === 0;
  }

  /** Adds one; `null` when there is no place for it. */
  add(node: string, id: number, unnumbered: UnnumberedEvent): PendingEvent | null {
    const { target, event, compress } = unnumbered;
    const message = encodeEntry(node, id, unnumbered);
    const size = message.length + overhead;
    if (this.#bytes + size > maxBytes) return null;
    const pending: PendingEvent = { target, event, compress, id, message, number: 0 };
    this.#events.set(id, pending);
    this.#bytes += size;
    return pending;
  }

  /** One has come back, or will not. */
  settle(id: number): void {
    const pending = this.#events.get(id);
    if (pending === undefined) return;
    this.#events.delete(id);
    this.#bytes -= pending.message.length + overhead;
  }

  /** Everything until a number has come back, or does not come to this process. */
  settleUntil(number: number): void {
    for (const pending of this.#events.values()) {
      if (pending.number === 0 || pending.number > number) return;
      this.settle(pending.id);
    }
  }

  /** Takes all out. */
  takeAll(): PendingEvent[] {
    const all = [...this];
    this.#events.clear();
    this.#bytes = 0;
    return all;
  }

  [Symbol.iterator](): IterableIterator<PendingEvent> {
    return this.#events.values();
  }
}
