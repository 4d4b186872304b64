/**
 * The end of a client's authentication.
 *
 * The client gets a notice before the end. At the end its connection closes, unless the client has shown new
 * proof.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { AuthenticationEnd } from "../socket/socket.ts";

/** The event that announces the end of the authentication, with `{ expiresAt }` in ms since 1970. */
export const expiringEvent = "auth_expiring";

/** The longest time for a timer, in ms: runtimes allow about 25 days. */
const longestWait = 2 ** 30;

/** The client whose authentication ends. */
export interface ExpiryOwner {
  /** The authentication is about to end. */
  onExpiring(expiresAt: number): void;
  /** The authentication has ended. */
  onExpired(): void;
}

/** The end of one client's authentication. */
export class AuthExpiry {
  /** The end that a handler has set last; `null` for never. */
  ends: AuthenticationEnd | null = null;
  readonly #clock: Clock;
  readonly #owner: ExpiryOwner;
  #timer: Timer | null = null;

  constructor(clock: Clock, owner: ExpiryOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * Sets the end, and replaces an earlier one.
   *
   * @param expiresAt - in ms since 1970, for the client's notice
   * @param delay - how long it takes until then, in ms
   * @param notice - how long before the end the client gets its notice, in ms
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

  /** Removes the end. */
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
