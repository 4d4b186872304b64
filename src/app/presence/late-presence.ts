/**
 * Presence, whose code is loaded where an application watches rooms. What happens until it is there waits,
 * in its order.
 */

import type { Presence, PresenceOwner, PresenceWatch } from "./presence.ts";
import { presenceEvents } from "./presence-events.ts";

const names: ReadonlySet<string> = new Set(Object.values(presenceEvents));

/** See the head of this file. Where no room is watched, it knows of no room and tells others nothing. */
export class LatePresence {
  readonly #owner: PresenceOwner;
  #presence: Presence | null = null;
  /** What waits for the code; `null` where no room is watched, and once the code is there. */
  #waiting: ((presence: Presence) => void)[] | null = null;
  #loading: Promise<void> | null = null;

  constructor(owner: PresenceOwner) {
    this.#owner = owner;
  }

  /**
   * Watches rooms from now on.
   *
   * @returns settles when the code is there, so that clients can wait for it; `null` when it is
   */
  watch(watch: PresenceWatch): Promise<void> | null {
    if (this.#presence === null && this.#waiting === null) {
      this.#waiting = [];
      this.#loading = this.#load();
    }
    this.#tell((presence) => presence.watch(watch));
    return this.#loading;
  }

  /** A room has got its first member here. */
  onRoomOpen(namespace: string, room: string): void {
    this.#tell((presence) => presence.onRoomOpen(namespace, room));
  }

  /** A room has lost its last member here. */
  onRoomEmpty(namespace: string, room: string): void {
    this.#tell((presence) => presence.onRoomEmpty(namespace, room));
  }

  /** Other processes are reachable, or one more of them is. */
  onServerJoined(): void {
    this.#tell((presence) => presence.onServerJoined());
  }

  /** A process is gone, and its clients with it. */
  onServerLeft(node: string): void {
    this.#tell((presence) => presence.onServerLeft(node));
  }

  /** Whether an event of another process is about presence. */
  owns(event: string): boolean {
    return names.has(event);
  }

  /** Handles an event of another process that is about presence. Rejects when it cannot be read. */
  take(event: string, values: readonly unknown[]): Promise<void> {
    if (this.#presence === null && this.#waiting === null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#tell((presence) => {
        try {
          presence.take(event, values);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Stops telling changes. */
  close(): void {
    this.#tell((presence) => presence.close());
  }

  #tell(act: (presence: Presence) => void): void {
    if (this.#presence !== null) act(this.#presence);
    else this.#waiting?.push(act);
  }

  async #load(): Promise<void> {
    try {
      const { Presence } = await import("./presence.ts");
      const presence = new Presence(this.#owner);
      const waiting = this.#waiting ?? [];
      this.#presence = presence;
      this.#waiting = null;
      this.#loading = null;
      for (const act of waiting) act(presence);
    } catch (err) {
      this.#owner.logger.error("The code of presence could not be loaded: no handler of it is called", {
        type: "unexpected error",
        err,
      });
    }
  }
}
