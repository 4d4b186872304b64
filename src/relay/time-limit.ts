/** A bound for work that another process does. */

/** Calls a function when something takes too long. */
export class TimeLimit {
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onLate: () => void) {
    this.#onLate = onLate;
  }

  /** Starts the time, or starts it again with another length, in ms. */
  start(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onLate, milliseconds).unref();
  }

  /** Starts the same time again. */
  restart(): void {
    this.#timer?.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
