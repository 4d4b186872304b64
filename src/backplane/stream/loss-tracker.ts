/** For whom events were that never got numbers, in one namespace. */

import type { Target } from "../../core/model/target.ts";

/** So many rooms are told apart; of more, everybody is taken. */
const maxRooms = 500;

/** See above. */
export class LossTracker {
  #rooms: Set<string> | null = new Set();

  /** Whether there were none. */
  get isEmpty(): boolean {
    return this.#rooms?.size === 0;
  }

  /** There was one for a target. */
  add({ sid, rooms }: Target): void {
    if (this.#rooms === null) return;
    if (sid !== null) this.#rooms.add(sid);
    else if (rooms !== null) for (const room of rooms) this.#rooms.add(room);
    if ((sid === null && rooms === null) || this.#rooms.size > maxRooms) this.#rooms = null;
  }

  /** Names all of them, and forgets them. */
  take(namespace: string): Target {
    const rooms = this.#rooms === null ? null : [...this.#rooms];
    this.#rooms = new Set();
    return { namespace, sid: null, rooms, skip: null };
  }
}
