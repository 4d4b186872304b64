/** The results of a load test as plain data, and as lines for people. */

import { showDuration } from "../input/duration.ts";
import { showSize } from "../output/event-text.ts";
import type { Colors } from "../terminal.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";

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

/** What a load test found. */
export interface LoadFigures {
  readonly clients: number;
  readonly connected: number;
  /** From the beginning of a connection to the namespace. */
  readonly connects: LatencyFigures;
  readonly sent: number;
  /** Events a second that were sent. */
  readonly rate: number;
  readonly answers: LatencyFigures;
  readonly unanswered: number;
  readonly received: number;
  /** From the time at which an event was due to each client that got it. */
  readonly lag: LatencyFigures;
  /** Events that did not reach a client, by `--expect`. */
  readonly lost: number | null;
  readonly doubles: number;
  readonly disorder: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections that were not made, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** Connections that ended early, by reason. */
  readonly disconnects: Readonly<Record<string, number>>;
  /** Of this program: processor time as a part of one core, and the delay of its own timers in ms. */
  readonly own: { readonly cpu: number; readonly delay: number };
  /** In ms. */
  readonly duration: number;
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

/** Whether the program itself was too slow for its results to speak of the server. */
export function isBottleneck({ own }: LoadFigures): boolean {
  return own.cpu > 0.9 || own.delay > 50;
}

/** The results as lines. */
export function showFigures(figures: LoadFigures, colors: Colors): string[] {
  const { clients, connected, connects, sent, rate, answers, received, lag, lost, own } = figures;
  const lines = [
    `${colors.bold("clients")}   ${connected} of ${clients} connected; ${latency(connects)}`,
    `${colors.bold("sent")}      ${sent} events, ${Number(rate.toFixed(1))}/s, ${showSize(figures.bytesOut)}`,
  ];
  if (answers.count + figures.unanswered > 0)
    lines.push(
      `${colors.bold("answers")}   ${answers.count}, ${figures.unanswered} missing; ${latency(answers)}`,
    );
  lines.push(`${colors.bold("received")}  ${received} events, ${showSize(figures.bytesIn)}`);
  if (lag.count > 0) {
    const words = lost === null ? "" : `${lost} lost, `;
    lines.push(
      `${colors.bold("lag")}       ${lag.count} measured, ${words}${figures.doubles} doubled, ${figures.disorder} out of order; ${latency(lag)}`,
    );
  }
  for (const [what, reasons] of [
    ["refused", figures.failures],
    ["ended", figures.disconnects],
  ] as const)
    for (const [reason, count] of Object.entries(reasons))
      lines.push(`${colors.red(what.padEnd(9))} ${count} × ${reason}`);
  const use = `${Math.round(own.cpu * 100)} % of a core, timers late by ${showDuration(own.delay)} (p99)`;
  lines.push(`${colors.bold("this")}      ${use}`);
  if (isBottleneck(figures))
    lines.push(
      colors.yellow("          This program was the bottleneck: use fewer clients, or several machines."),
    );
  return lines;
}

function latency({ count, p50, p90, p99, p999, max }: LatencyFigures): string {
  if (count === 0) return "no times";
  const [a, b, c, d, e] = [p50, p90, p99, p999, max].map(showDuration);
  return `p50 ${a}, p90 ${b}, p99 ${c}, p99.9 ${d}, max ${e}`;
}
