/** Counts running handlers, so that a stopping server and a test can wait for them. */

import { type Clock, systemClock } from "../../base/time/clock.ts";

/** A handler that need not be waited for. */
interface Exempt {
  readonly isOver: boolean;
}

/** The running handlers of one server. */
export class RunningHandlers {
  #count = 0;
  readonly #exempt = new Set<Exempt>();
  readonly #waiting = new Set<() => void>();

  /** Their number, without those that are {@link exempt}. */
  get count(): number {
    let count = this.#count;
    for (const { isOver } of this.#exempt) if (!isOver) count -= 1;
    return count;
  }

  /** A handler has started. */
  start(): void {
    this.#count += 1;
  }

  /** A handler has ended. */
  end(): void {
    this.#count -= 1;
    if (this.#waiting.size > 0 && this.count === 0) for (const settle of this.#waiting) settle();
  }

  /**
   * A handler waits for the others itself, so waiting for it would never end.
   *
   * @returns whether it was counted until now
   */
  exempt(handler: Exempt): boolean {
    if (handler.isOver || this.#exempt.has(handler)) return false;
    this.#exempt.add(handler);
    if (this.count === 0) for (const settle of this.#waiting) settle();
    return true;
  }

  /**
   * Waits until no handler runs, apart from those that are {@link exempt}.
   *
   * @param timeout - how long to wait, in ms
   * @param clock - where time comes from
   * @returns whether all have ended
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
