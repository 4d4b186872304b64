/** Questions for metrics that wait for their answers. */

import type { Clock } from "../../base/time/clock.ts";
import type { Metric } from "../../observe/metrics/metric.ts";

/** How long an answer may take, in ms: a busy process must not hold up a scrape. */
const answerTimeout = 1000;

/** The open questions of one process. */
export class MetricsQuestions {
  readonly #clock: Clock;
  readonly #open = new Map<number, (metrics: readonly Metric[] | null) => void>();
  #lastId = 0;

  /** @param clock - where time comes from */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks a question.
   *
   * @param send - sends it under its id
   * @returns the answer; `null` where none came in time
   */
  ask(send: (id: number) => void): Promise<readonly Metric[] | null> {
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const timer = this.#clock.after(answerTimeout, () => this.answer(id, null), true);
      this.#open.set(id, (metrics) => {
        timer.cancel();
        resolve(metrics);
      });
      send(id);
    });
  }

  /** An answer has come; late ones are ignored. */
  answer(id: number, metrics: readonly Metric[] | null): void {
    const settle = this.#open.get(id);
    this.#open.delete(id);
    settle?.(metrics);
  }
}
