/** The results of a load test as plain data. */

import type { LatencyHistogram } from "./latency-histogram.ts";
import type { LoopDelays } from "./own-load.ts";

/** Durations in ms. */
export interface LatencyFigures {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What happened in about one second. Counts are those of a second, durations in ms. */
export interface LoadSample {
  /** The end of the second, in seconds since the beginning. */
  readonly time: number;
  /** Clients in their namespace. */
  readonly clients: number;
  readonly connects: number;
  readonly sent: number;
  readonly received: number;
  readonly answered: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Clients that were refused or ended early, and errors. */
  readonly failed: number;
  /** `null` where no event came. */
  readonly lagP50: number | null;
  readonly lagP99: number | null;
  /** `null` where no answer came. */
  readonly answerP50: number | null;
  readonly answerP99: number | null;
  /** Processor time of this program, as a part of one core. */
  readonly cpu: number;
  /** How late timers of this program were, in ms (p99). */
  readonly delay: number;
}

/** What a load test takes of its own machine. */
export interface OwnFigures {
  /** Processor time as a part of one core, while events were sent; and in the second with most of it. */
  readonly cpu: number;
  readonly peak: number;
  /** How late its own timers were, in ms. */
  readonly delay: LoopDelays;
  /** How much later than due it sent events, in ms. */
  readonly late: LatencyFigures;
  /** Bytes of memory at the end. */
  readonly memory: number;
}

/** Durations in ms of each of {@link distributionParts}; `null` where there are none. */
export interface Distributions {
  readonly connects: readonly number[] | null;
  readonly answers: readonly number[] | null;
  readonly lag: readonly number[] | null;
}

/** The parts of all durations for which {@link Distributions} has values. */
export const distributionParts = [
  0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1,
] as const;

/** What a load test found. */
export interface LoadFigures {
  readonly clients: number;
  readonly connected: number;
  /** From the beginning of a connection to the namespace. */
  readonly connects: LatencyFigures;
  /** Clients that joined, a second, from the first to the last. */
  readonly connectRate: number;
  readonly sent: number;
  /** Events a second that were sent. */
  readonly rate: number;
  readonly answers: LatencyFigures;
  /** Answers a second, while events were sent. */
  readonly answerRate: number;
  readonly unanswered: number;
  readonly received: number;
  /** Events a second that came, while events were sent. */
  readonly receivedRate: number;
  /** From the time at which an event was due to each client that got it. */
  readonly lag: LatencyFigures;
  /** Events that did not reach a client, by `--expect`; `null` without it. */
  readonly lost: number | null;
  /** Numbers of a sender that a client did not get, though it got one before and one behind. */
  readonly gaps: number;
  readonly doubles: number;
  readonly disorder: number;
  /** Events whose order is not known, because there were too many pairs of clients. */
  readonly untracked: number;
  /** Bytes of frames, and of bodies with long polling. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections that were not made, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** Connections that ended early, by reason. */
  readonly disconnects: Readonly<Record<string, number>>;
  /** Answers that were errors, and what a scenario threw. */
  readonly errors: Readonly<Record<string, number>>;
  /** What a scenario measured and counted itself, and its answers by event. */
  readonly times: Readonly<Record<string, LatencyFigures>>;
  readonly tallies: Readonly<Record<string, number>>;
  readonly own: OwnFigures;
  /** In ms. */
  readonly duration: number;
  readonly samples: readonly LoadSample[];
  readonly distributions: Distributions;
}

/** The figures of a histogram. */
export function figuresOf(histogram: LatencyHistogram): LatencyFigures {
  const round = (value: number) => Number(value.toFixed(3));
  return {
    count: histogram.count,
    mean: round(histogram.mean),
    p50: round(histogram.quantile(0.5)),
    p90: round(histogram.quantile(0.9)),
    p99: round(histogram.quantile(0.99)),
    p999: round(histogram.quantile(0.999)),
    max: round(histogram.max),
  };
}

/** How durations are spread, in ms. */
export function distributionOf(histogram: LatencyHistogram): number[] | null {
  if (histogram.count === 0) return null;
  return histogram.quantiles(distributionParts).map((value) => Number(value.toFixed(3)));
}

/** How many things there are, of all reasons. */
export function totalOf(reasons: Readonly<Record<string, number>>): number {
  return Object.values(reasons).reduce((sum, count) => sum + count, 0);
}

/** Above this part of a core, there is no room for more. */
const fullCore = 0.9;
/** Above this part, late timers are its own doing. */
const halfCore = 0.5;
/** Timers that are later than this, in ms, belong to a program that does not keep up. */
const longDelay = 50;

/** Why the figures of a run do not speak of the server; `null` where they do. */
export type OwnLimit =
  /** This program took all of a core. */
  | "processor"
  /** Others took the processor from it. */
  | "machine"
  | null;

/** Whether the program itself was too slow, and why. */
export function ownLimitOf({ own }: LoadFigures): OwnLimit {
  const isLate = own.delay.p99 > longDelay || own.late.p99 > longDelay;
  if (own.cpu > fullCore || (isLate && own.cpu > halfCore)) return "processor";
  return isLate ? "machine" : null;
}
