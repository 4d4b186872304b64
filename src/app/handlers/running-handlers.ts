/** Counts the handlers that run, so that a stopping server and a test can wait for them. */

import { type Clock, systemClock } from "../../base/time/clock.ts";

/** A handler that may not be waited for. */
interface Exempt {
  readonly isOver: boolean;
}

/** The handlers of one server that have not come to their end. */
export class RunningHandlers {
  #count = 0;
  readonly #exempt = new Set<Exempt>();
  readonly #waiting = new Set<() => void>();

  /** How many there are, without those that are {@link exempt}. */
  get count(): number {
    let count = this.#count;
    for (const { isOver } of this.#exempt) if (!isOver) count -= 1;
    return count;
  }

  /** A handler has started. */
  start(): void {
    this.#count += 1;
  }

  /** A handler has come to its end. */
  end(): void {
    this.#count -= 1;
    if (this.#waiting.size > 0 && this.count === 0) for (const settle of this.#waiting) settle();
  }

  /**
   * A handler waits for the others itself: waiting for it as well would have no end.
   *
   * @returns whether it counted until now
   */
  exempt(handler: Exempt): boolean {
    if (handler.isOver || this.#exempt.has(handler)) return false;
    this.#exempt.add(handler);
    if (this.count === 0) for (const settle of this.#waiting) settle();
    return true;
  }

  /**
   * Waits until no handler runs, but those that are {@link exempt}.
   *
   * @param timeout - how long to wait, in ms
   * @param clock - where time comes from
   * @returns whether all have come to their end
   */
  async settled(timeout: number, clock: Clock = systemClock): Promise<boolean> {
    if (this.count === 0) return true;
    return new Promise((resolve) => {
      const end = () => {
        giveUp.cancel();
        this.#waiting.delete(end);
        resolve(this.count === 0);
      };
      const giveUp = clock.after(timeout, end, true);
      this.#waiting.add(end);
    });
  }
}
