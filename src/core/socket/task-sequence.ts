/** Starts tasks in the order in which they arrive, even if some cannot start at once. */

/** An order of starts: a task that starts late delays those after it, one that runs long does not. */
export class TaskSequence {
  #tail: Promise<void> | null = null;

  /** Whether a task could start at once. */
  get isIdle(): boolean {
    return this.#tail === null;
  }

  /**
   * Starts a task when all earlier ones have started.
   *
   * @param prepare - the start waits for it, if there is one; must not reject
   * @param start - starts the task; must not throw. If it returns a promise, which must not reject, the next
   *   task waits for it.
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

  /** Delays the next task until a step that is already running is done. The step must not reject. */
  follow(step: Promise<void>): void {
    this.#tail = step;
    void step.then(() => {
      if (this.#tail === step) this.#tail = null;
    });
  }
}
