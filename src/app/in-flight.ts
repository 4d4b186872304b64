/** Counts the handlers that run, so that a stopping server and a test can wait for them. */

/** The handlers of one server that have not come to their end. */
export class InFlight {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** A handler has started. */
  start(): void {
    this.#count += 1;
  }

  /** A handler has come to its end. */
  end(): void {
    this.#count -= 1;
    if (this.#count === 0) for (const settle of this.#waiting) settle();
  }

  /**
   * Waits until no handler runs.
   *
   * @param timeout - how long to wait, in ms
   * @returns whether all have come to their end
   */
  async settled(timeout: number): Promise<boolean> {
    if (this.#count === 0) return true;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(giveUp);
        this.#waiting.delete(end);
        resolve(this.#count === 0);
      };
      const giveUp = setTimeout(end, timeout);
      this.#waiting.add(end);
    });
  }
}
