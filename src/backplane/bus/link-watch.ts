/** Whether a broker answers, and how soon: asks it regularly, and waits for its answers in bounded time. */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";

/** Limits the time of the answers of one broker. */
export class LinkWatch {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #answerTimeout: number;
  #latency: number | null = null;

  /**
   * @param name - the name of the broker, for messages
   * @param clock - the source of time
   * @param answerTimeout - how long the broker may take to answer, in ms
   */
  constructor(name: string, clock: Clock, answerTimeout: number) {
    this.#name = name;
    this.#clock = clock;
    this.#answerTimeout = answerTimeout;
  }

  /** The time that the latest ping took, in ms; `null` before the first answer. */
  get latency(): number | null {
    return this.#latency;
  }

  /** Rejects when the broker does not answer in time. */
  inTime<T>(answer: Promise<T>, timeout = this.#answerTimeout): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = afterRunning(this.#clock, timeout, () =>
        reject(new Error(`${this.#name} did not answer within ${timeout} ms.`)),
      );
      answer.then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  }

  /**
   * Pings regularly until it is cancelled, or a ping fails.
   *
   * @param ping - settles when the broker has answered
   * @param interval - the pause between two pings, in ms
   * @param onFailed - receives the error of a ping
   */
  watch(ping: () => Promise<unknown>, interval: number, onFailed: (error: unknown) => void): Timer {
    let isCancelled = false;
    let timer: Timer;
    const ask = () => {
      const begin = this.#clock.now();
      this.inTime(ping()).then(
        () => {
          this.#latency = this.#clock.now() - begin;
          if (!isCancelled) timer = this.#clock.after(interval, ask);
        },
        (error: unknown) => onFailed(error),
      );
    };
    timer = this.#clock.after(interval, ask);
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }
}
