/** The answers that one client still owes. */

/** Who waits for an answer. */
export interface AnswerListener {
  /** The client has answered. */
  onAnswer(values: readonly unknown[]): void;
  /** The client has left without an answer. */
  onGone(): void;
}

/** The outstanding acknowledgements of one client. */
export class Acknowledgements {
  #waiting: Map<number, AnswerListener> | null = null;

  /** The number of answers that are awaited. */
  get size(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Waits for the answer to the request with this id. */
  expect(id: number, listener: AnswerListener): void {
    this.#waiting ??= new Map();
    this.#waiting.set(id, listener);
  }

  /** Stops waiting for an answer. */
  forget(id: number): void {
    this.#waiting?.delete(id);
  }

  /** Hands an answer to whoever waits for it; `false` when nobody does (it came late, twice, or was made up). */
  answer(id: number, values: readonly unknown[]): boolean {
    const listener = this.#waiting?.get(id);
    if (listener === undefined) return false;
    this.forget(id);
    listener.onAnswer(values);
    return true;
  }

  /** Tells everybody who waits that the client has left. */
  close(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const listener of waiting?.values() ?? []) listener.onGone();
  }
}
