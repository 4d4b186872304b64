/** The acknowledgements that one client has not sent yet. */

/** Waits for an answer. */
export interface AcknowledgementListener {
  /** The client has answered. */
  onAnswer(values: readonly unknown[]): void;
  /** The client has left without an answer. */
  onGone(): void;
}

/** The pending acknowledgements of one client. */
export class Acknowledgements {
  #waiting: Map<number, AcknowledgementListener> | null = null;

  /** The number of pending acknowledgements. */
  get size(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Waits for the answer to the request with this id. */
  expect(id: number, listener: AcknowledgementListener): void {
    this.#waiting ??= new Map();
    this.#waiting.set(id, listener);
  }

  /** Stops waiting for an answer. */
  forget(id: number): void {
    this.#waiting?.delete(id);
  }

  /**
   * Passes an answer to its listener; `false` when there is none: the answer is late, repeated or made up.
   */
  answer(id: number, values: readonly unknown[]): boolean {
    const listener = this.#waiting?.get(id);
    if (listener === undefined) return false;
    this.forget(id);
    listener.onAnswer(values);
    return true;
  }

  /** Tells all listeners that the client has left. */
  close(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const listener of waiting?.values() ?? []) listener.onGone();
  }
}
