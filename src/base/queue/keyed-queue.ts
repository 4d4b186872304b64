/** Runs the tasks of one key one after another. Tasks of different keys run at the same time. */
export class KeyedQueue {
  /** The last task of each key that has tasks. */
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs a task after all earlier tasks of its key, whether these succeed or fail. The first task starts at
   * once.
   *
   * @returns what the task returns; it rejects as the task does
   */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const turn = before === undefined ? task() : before.then(task, task);
    this.#last.set(key, turn);
    const end = () => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(end, end);
    return turn;
  }
}
