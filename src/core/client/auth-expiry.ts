/** When a client's authentication ends: it is told before, and its connection ends then, unless it has shown new proof. */

import type { Clock, Timer } from "../../base/time/clock.ts";

/** The event that tells a client that its authentication is about to end, with `{ expiresAt }` in ms since 1970. */
export const expiringEvent = "auth_expiring";

/** The longest that a timer waits, in ms: runtimes know about 25 days at most. */
const longestWait = 2 ** 30;

/** Whose authentication ends. */
export interface ExpiryOwner {
  /** It is about to end. */
  onExpiring(expiresAt: number): void;
  /** It has ended. */
  onExpired(): void;
}

/** The end of one client's authentication. */
export class AuthExpiry {
  readonly #clock: Clock;
  readonly #owner: ExpiryOwner;
  #timer: Timer | null = null;

  constructor(clock: Clock, owner: ExpiryOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * Sets the end, in place of what was set before.
   *
   * @param expiresAt - in ms since 1970, to tell the client
   * @param delay - how long it takes until then, in ms
   * @param notice - how long before the client is told, in ms
   */
  set(expiresAt: number, delay: number, notice: number): void {
    this.cancel();
    const end = this.#clock.now() + delay;
    const expire = () => this.#owner.onExpired();
    if (notice === 0) {
      this.#wait(end, expire);
      return;
    }
    this.#wait(end - notice, () => {
      this.#wait(end, expire);
      this.#owner.onExpiring(expiresAt);
    });
  }

  /** There is no end any more. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(until: number, callback: () => void): void {
    const left = until - this.#clock.now();
    this.#timer = this.#clock.after(Math.min(Math.max(left, 0), longestWait), () => {
      if (this.#clock.now() < until - 1) this.#wait(until, callback);
      else callback();
    });
  }
}
