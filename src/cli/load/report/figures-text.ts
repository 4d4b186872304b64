/** The results of a load test as lines for people. */

import { showDuration } from "../../input/duration.ts";
import { showSize } from "../../output/event-text.ts";
import type { Colors } from "../../terminal.ts";
import {
  type LatencyFigures,
  type LoadFigures,
  type LoadSample,
  type OwnLimit,
  ownLimitOf,
} from "../measure/load-figures.ts";

/** The results as lines. */
export function showFigures(figures: LoadFigures, colors: Colors): string[] {
  const { clients, connected, connects, connectRate, sent, rate, answers, received, lag } = figures;
  const row = (name: string, text: string) => `${colors.bold(name.padEnd(9))} ${text}`;
  const lines = [
    row(
      "clients",
      `${showCount(connected)} of ${showCount(clients)} connected, ${showRate(connectRate)}; ${showLatency(connects)}`,
    ),
    row("sent", `${showCount(sent)} events, ${showRate(rate)}, ${showSize(figures.bytesOut)}`),
  ];
  if (answers.count + figures.unanswered > 0) {
    const missing = `${showCount(figures.unanswered)} missing`;
    lines.push(
      row(
        "answers",
        `${showCount(answers.count)}, ${showRate(figures.answerRate)}, ${missing}; ${showLatency(answers)}`,
      ),
    );
  }
  const came = `${showCount(received)} events, ${showRate(figures.receivedRate)}, ${showSize(figures.bytesIn)}`;
  lines.push(row("received", came));
  if (lag.count > 0) {
    lines.push(row("lag", `${showCount(lag.count)} measured; ${showLatency(lag)}`));
    lines.push(row("order", showOrder(figures)));
  }
  for (const [name, latency] of Object.entries(figures.times))
    lines.push(`${row(name, `${showCount(latency.count)}; ${showLatency(latency)}`)}`);
  for (const [name, count] of Object.entries(figures.tallies)) lines.push(row(name, showCount(count)));
  for (const [what, reasons] of [
    ["refused", figures.failures],
    ["ended", figures.disconnects],
    ["errors", figures.errors],
  ] as const)
    for (const [reason, count] of Object.entries(reasons))
      lines.push(`${colors.red(what.padEnd(9))} ${showCount(count)} × ${reason}`);
  lines.push(row("this", showOwn(figures)));
  const limit = ownLimitOf(figures);
  if (limit !== null) lines.push(colors.yellow(`          ${limitTexts[limit]}`));
  return lines;
}

/** What a person should know of figures that this program could not keep up with. */
export const limitTexts: Readonly<Record<NonNullable<OwnLimit>, string>> = {
  processor:
    "This program was the bottleneck, so these figures are not the server's: use a lower rate, fewer clients or several machines.",
  machine:
    "Other programs kept this one from its processor, so these figures are not the server's: run it on a machine or core of its own.",
};

/** What became of the events between senders and clients. */
export function showOrder(figures: LoadFigures): string {
  const { lost, gaps, doubles, disorder, untracked } = figures;
  const parts = [
    ...(lost === null ? [] : [`${showCount(lost)} lost`]),
    `${showCount(gaps)} missing between others`,
    `${showCount(doubles)} doubled`,
    `${showCount(disorder)} out of order`,
  ];
  if (untracked > 0) parts.push(`${showCount(untracked)} not followed: too many pairs of clients`);
  return parts.join(", ");
}

/** What the program took itself. */
export function showOwn({ own }: LoadFigures): string {
  const cpu = `${showPercent(own.cpu)} of a core, ${showPercent(own.peak)} at most`;
  const late = own.late.count === 0 ? "" : `, events sent ${showDuration(own.late.p99)} late`;
  return `${cpu}; timers late by ${showDuration(own.delay.p99)}${late} (p99): so much of the times may be its own`;
}

/** The state of a run that goes on, as one line. */
export function showProgress(sample: LoadSample): string {
  const { time, clients, sent, received, lagP99, answerP99, failed, cpu } = sample;
  const p99 = lagP99 ?? answerP99;
  return [
    `${Math.round(time)} s`,
    `${showCount(clients)} clients`,
    `${showCount(sent)} sent/s`,
    `${showCount(received)} received/s`,
    ...(p99 === null ? [] : [`p99 ${showDuration(p99)}`]),
    ...(failed === 0 ? [] : [`${showCount(failed)} failures`]),
    `${showPercent(cpu)} CPU`,
  ].join("  ");
}

/** A count with spaces between thousands. */
export function showCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}

/** A rate a second. */
export function showRate(rate: number): string {
  return `${rate < 100 ? Number(rate.toFixed(1)) : showCount(rate)}/s`;
}

/** A part as a percentage. */
export function showPercent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** The spread of durations. */
export function showLatency({ count, p50, p90, p99, p999, max }: LatencyFigures): string {
  if (count === 0) return "no times";
  const [a, b, c, d, e] = [p50, p90, p99, p999, max].map(showDuration);
  return `p50 ${a}, p90 ${b}, p99 ${c}, p99.9 ${d}, max ${e}`;
}
