/**
 * Whether a broker answers, and how soon. Answers and messages show that a connection lives, so the broker is
 * asked only where neither has come for a while.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";

/**
 * What shows that all connections of a link live: an answer to any request, or an answer and a message, where
 * messages come on a connection of their own.
 */
export type LifeSign = "answer" | "answer and message";

/** A link that is watched. */
export interface WatchedLink {
  /** What shows that it lives; missing where only a ping does. */
  readonly lifeSign?: LifeSign | undefined;
  /** Settles when the broker has answered on every connection of the link. */
  ping(): Promise<unknown>;
}

/** When a link is pinged, in ms. */
export interface PingTimes {
  /** How long a broker may be silent until it is asked whether it is there. */
  readonly pingInterval: number;
  /** How long it may take to answer. */
  readonly pingTimeout: number;
}

/** Limits the time of the answers of one broker. */
export class LinkWatch {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #answerTimeout: number;
  #latency: number | null = null;
  /** Whether the time of a request is being taken: of one at a time. */
  #isTiming = false;
  #answeredAt = 0;
  #heardAt = 0;

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

  /** The time that the latest answer took that was timed, in ms; `null` before the first. */
  get latency(): number | null {
    return this.#latency;
  }

  /** A request is sent. Returns what {@link onAnswer} needs to time it; 0 where another one is timed. */
  begin(): number {
    if (this.#isTiming) return 0;
    this.#isTiming = true;
    return this.#clock.now();
  }

  /**
   * The broker has answered a request.
   *
   * @param begin - what {@link begin} has returned; 0 for a request that is not timed
   */
  onAnswer(begin = 0): void {
    this.#answeredAt = this.#clock.now();
    if (begin === 0) return;
    this.#isTiming = false;
    this.#latency = this.#answeredAt - begin;
  }

  /** A timed request has failed. */
  onFailure(begin: number): void {
    if (begin !== 0) this.#isTiming = false;
  }

  /** A message has come from the broker. */
  onMessage(): void {
    this.#heardAt = this.#clock.now();
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
   * Pings whenever nothing has shown for a time that a link lives, until it is cancelled, or a ping fails.
   *
   * @param link - the link; it may throw what it should reject with
   * @param times - the time without a sign of life until a ping, and the longest time until its answer, in ms
   * @param onFailed - receives the error of a ping
   */
  watch(
    link: WatchedLink,
    { pingInterval: interval, pingTimeout }: PingTimes,
    onFailed: (error: unknown) => void,
  ): Timer {
    let isCancelled = false;
    let timer: Timer;
    const look = () => {
      const left = this.#aliveAt(link) + interval - this.#clock.now();
      if (left > 0) {
        timer = this.#clock.after(Math.ceil(left), look);
        return;
      }
      const begin = this.#clock.now();
      this.inTime(
        promised(() => link.ping()),
        pingTimeout,
      ).then(
        () => {
          if (isCancelled) return;
          this.#answeredAt = this.#heardAt = this.#clock.now();
          this.#latency = this.#answeredAt - begin;
          timer = this.#clock.after(interval, look);
        },
        (error: unknown) => onFailed(error),
      );
    };
    this.#isTiming = false;
    this.#answeredAt = this.#heardAt = this.#clock.now();
    timer = this.#clock.after(interval, look);
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** When every connection of a link was last known to live. */
  #aliveAt({ lifeSign }: WatchedLink): number {
    if (lifeSign === undefined) return Number.NEGATIVE_INFINITY;
    return lifeSign === "answer" ? this.#answeredAt : Math.min(this.#answeredAt, this.#heardAt);
  }
}

/** Turns an error that a link throws against its contract into a rejection of this call alone. */
export function promised<T>(act: () => Promise<T>): Promise<T> {
  try {
    return act();
  } catch (error) {
    return Promise.reject(error);
  }
}
