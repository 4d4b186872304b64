/**
 * Measures how much too late a timer runs, which is how long everything else waits, too.
 *
 * It has a timer of its own in place of `monitorEventLoopDelay()` of `node:perf_hooks`: the figures of that
 * one contain its own interval, are quantiles that cannot be added over processes, and have to be reset by
 * each of possibly several readers.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { definitionOf } from "../../observe/metrics/catalogue.ts";
import { Histogram } from "../../observe/metrics/histogram.ts";
import type { Samples } from "../../observe/metrics/samples.ts";

/** How often to measure, in ms. */
const interval = 20;

/** The delay of one process. */
export class EventLoopDelay {
  readonly #clock: Clock;
  readonly #delays = new Histogram(definitionOf("roomcast_event_loop_delay_seconds").bounds);
  #timer: Timer | null = null;
  #dueAt = 0;

  /** @param clock - where time comes from */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.#dueAt = this.#clock.now() + interval;
    this.#timer = this.#clock.after(interval, this.#measure);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Adds what was measured. */
  collect(samples: Samples): void {
    samples.addHistogram("roomcast_event_loop_delay_seconds", this.#delays);
  }

  readonly #measure = () => {
    this.#delays.observe(Math.max(0, this.#clock.now() - this.#dueAt) / 1000);
    this.start();
  };
}
