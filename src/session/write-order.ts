/** Lets the writers of one session take turns, so that none of this process overwrites what another has just saved. */
export class WriteOrder {
  /** The last writer of each session that is being written now. */
  readonly #last = new Map<string, Promise<void>>();

  /** Calls `task` when all earlier tasks for the same session have settled, and settles as it does. */
  async run(sessionId: string, task: () => Promise<void>): Promise<void> {
    const before = this.#last.get(sessionId);
    const turn = before === undefined ? task() : before.then(task, task);
    this.#last.set(sessionId, turn);
    try {
      await turn;
    } finally {
      if (this.#last.get(sessionId) === turn) this.#last.delete(sessionId);
    }
  }
}
