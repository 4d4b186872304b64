/** Waiting for other processes that ends in time, or as soon as there is nothing to wait for any more. */

import type { Clock } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";

/** See above. */
export class BoundedWaits {
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  /** @param timeout - the longest wait, in ms */
  constructor(timeout: number, clock: Clock) {
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** Resolves when a promise does, which must not reject, or when patience ends. */
  wait(promise: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        timer.cancel();
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = afterRunning(this.#clock, this.#timeout, settle);
      this.#waiting.add(settle);
      void promise.then(settle);
    });
  }

  /** Ends all waits. */
  end(): void {
    for (const settle of [...this.#waiting]) settle();
  }
}
