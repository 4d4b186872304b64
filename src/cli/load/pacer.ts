/** Sends at an even rate, however late timers of this process are: it then sends all that are due. */

import type { Clock, Timer } from "../../base/time/clock.ts";

/** What a pacer does. Times in ms. */
export interface PacerParts {
  readonly clock: Clock;
  /** How many a second. */
  readonly rate: number;
  readonly duration: number;
  /**
   * Sends one.
   *
   * @param due - when it was due, by the clock
   * @returns whether to go on
   */
  readonly send: (due: number) => boolean;
}

/** Sends until the time is over. */
export class Pacer {
  readonly #parts: PacerParts;
  #timer: Timer | null = null;
  #finish: () => void = () => {};
  #sent = 0;

  constructor(parts: PacerParts) {
    this.#parts = parts;
  }

  /** Begins. Resolves when everything was sent, or it was stopped. */
  run(): Promise<void> {
    const began = this.#parts.clock.now();
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#beat(began);
    });
  }

  /** Sends no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#finish();
  }

  #beat(began: number): void {
    const { clock, rate, duration, send } = this.#parts;
    const total = Math.floor((rate * duration) / 1000);
    const elapsed = clock.now() - began;
    const due = Math.min(total, Math.floor((elapsed * rate) / 1000) + 1);
    while (this.#sent < due) {
      const time = began + (this.#sent * 1000) / rate;
      this.#sent += 1;
      if (!send(time)) {
        this.#finish();
        return;
      }
    }
    const isOver = this.#sent === total;
    const next = isOver ? duration : (this.#sent * 1000) / rate;
    if (isOver && clock.now() - began >= duration) this.#finish();
    else this.#timer = clock.after(Math.max(1, next - (clock.now() - began)), () => this.#beat(began), true);
  }
}
