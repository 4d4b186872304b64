/** Targets of events that never got an offset, in one namespace. */

import type { Target } from "../../core/model/target.ts";

/** The most rooms that are tracked. With more, all clients count as affected. */
const maxRooms = 500;

/** Collects targets until a loss marker names them. */
export class LossTracker {
  #rooms: Set<string> | null = new Set();

  /** Whether no event was lost. */
  get isEmpty(): boolean {
    return this.#rooms?.size === 0;
  }

  /** Adds the target of a lost event. */
  add({ sid, rooms }: Target): void {
    if (this.#rooms === null) return;
    if (sid !== null) this.#rooms.add(sid);
    else if (rooms !== null) for (const room of rooms) this.#rooms.add(room);
    if ((sid === null && rooms === null) || this.#rooms.size > maxRooms) this.#rooms = null;
  }

  /** Returns one target for all lost events, and forgets them. */
  take(namespace: string): Target {
    const rooms = this.#rooms === null ? null : [...this.#rooms];
    this.#rooms = new Set();
    return { namespace, sid: null, rooms, skip: null };
  }
}
