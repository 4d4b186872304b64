/** Starts tasks in the order in which they came, also when some cannot start at once. */

/** An order of beginnings: a task that begins late holds up those behind it, one that runs long does not. */
export class Sequence {
  #tail: Promise<void> | null = null;

  /**
   * Starts a task when all earlier ones have started.
   *
   * @param prepare - what the start has to wait for, if anything; must not reject
   * @param start - begins the task; must not throw
   */
  start<T>(prepare: () => T | Promise<T>, start: (prepared: T) => void): void {
    // What the task returns is not waited for: only beginnings are in order.
    const begin = (prepared: T) => void start(prepared);
    if (this.#tail === null) {
      const prepared = prepare();
      if (!(prepared instanceof Promise)) {
        begin(prepared);
        return;
      }
      this.#follow(prepared.then(begin));
    } else {
      this.#follow(this.#tail.then(prepare).then(begin));
    }
  }

  #follow(step: Promise<void>): void {
    this.#tail = step;
    void step.then(() => {
      if (this.#tail === step) this.#tail = null;
    });
  }
}
