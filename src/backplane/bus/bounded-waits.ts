/** Waits for other processes that end in time, or as soon as waiting makes no sense any more. */

import type { Clock } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";

/** See the head of this file. */
export class BoundedWaits {
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  /** @param timeout - the longest wait, in ms */
  constructor(timeout: number, clock: Clock) {
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** Resolves when a promise does, which must not reject, or when the longest wait is over. */
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
