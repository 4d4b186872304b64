/** Starts tasks in the order in which they came, also when some cannot start at once. */

/** An order of beginnings: a task that begins late holds up those behind it, one that runs long does not. */
export class TaskSequence {
  #tail: Promise<void> | null = null;

  /** Whether a task could start at once. */
  get isIdle(): boolean {
    return this.#tail === null;
  }

  /**
   * Starts a task when all earlier ones have started.
   *
   * @param prepare - what the start has to wait for, if anything; must not reject
   * @param start - begins the task; must not throw. A promise that it returns, which must not reject, is waited for
   *   before the next task starts.
   */
  start<T>(prepare: () => T | Promise<T>, start: (prepared: T) => void | Promise<void>): void {
    if (this.#tail === null) {
      const prepared = prepare();
      const started = prepared instanceof Promise ? prepared.then(start) : start(prepared);
      if (started instanceof Promise) this.follow(started);
    } else {
      this.follow(this.#tail.then(prepare).then(start));
    }
  }

  /** Has the next task wait for a step that began by itself, which must not reject. */
  follow(step: Promise<void>): void {
    this.#tail = step;
    void step.then(() => {
      if (this.#tail === step) this.#tail = null;
    });
  }
}
