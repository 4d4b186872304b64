/**
 * A token bucket: how often something may happen in the long run, and how often at once.
 *
 * It reads the clock only when it is empty, so that a client far below the limit costs nothing. After a rest
 * it may give up to twice a burst.
 */

import type { Clock } from "../../base/time/clock.ts";

/** How often something may happen. */
export interface RateLimit {
  /** Per second, in the long run. */
  readonly perSecond: number;
  /** At once. */
  readonly burst: number;
}

/** The tokens that are left. */
export class TokenBucket {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#tokens = limit.burst;
    this.#filledAt = clock.now();
  }

  /** Takes a token; `false` when there is none. */
  take(): boolean {
    if (this.#tokens < 1) this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(): void {
    const now = this.#clock.now();
    const { perSecond, burst } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
  }
}
