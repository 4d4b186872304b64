/**
 * What the load test itself takes: processor time, and delays of its own event loop. Where these are great,
 * its figures describe this program and not the server.
 */

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How often the event loop is looked at, in ms. */
const resolution = 5;

/** Delays of the event loop, in ms. */
export interface LoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What one interval took: processor time as a part of a core, and the p99 of delays in ms. */
export interface OwnInterval {
  readonly cpu: number;
  readonly delay: number;
}

/** Measures this process. */
export class OwnLoad {
  readonly #whole: IntervalHistogram = monitorEventLoopDelay({ resolution });
  readonly #interval: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #cpu = process.cpuUsage();
  #cpuAt = performance.now();

  /** Begins. */
  start(): void {
    this.#whole.enable();
    this.#interval.enable();
    this.#cpu = process.cpuUsage();
    this.#cpuAt = performance.now();
  }

  /** What the time since the last call took. */
  takeInterval(): OwnInterval {
    const { cpu, at } = readCpu();
    const used = cpu.user - this.#cpu.user + cpu.system - this.#cpu.system;
    const share = used / 1000 / Math.max(1, at - this.#cpuAt);
    this.#cpu = cpu;
    this.#cpuAt = at;
    const delay = delayOf(this.#interval.percentile(99));
    this.#interval.reset();
    return { cpu: share, delay };
  }

  /** Ends. Returns the delays of the whole time. */
  stop(): LoopDelays {
    this.#whole.disable();
    this.#interval.disable();
    return {
      p50: delayOf(this.#whole.percentile(50)),
      p99: delayOf(this.#whole.percentile(99)),
      max: delayOf(this.#whole.max),
    };
  }
}

function readCpu(): { cpu: NodeJS.CpuUsage; at: number } {
  return { cpu: process.cpuUsage(), at: performance.now() };
}

/** A delay in ms, without the wait that was wanted. A monitor that was just cleared has no value. */
function delayOf(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolution) : 0;
}
