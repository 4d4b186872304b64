/** Results as text: numbers, progress lines, and tables in Markdown, which the terminal shows, too. */

import type { Row } from "../compare/summary.ts";
import type { Outcome } from "../load/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { reference } from "../servers/server-catalogue.ts";
import type { Spread } from "../system/statistics.ts";

/** A number with three significant digits, and spaces between thousands. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  const rounded = Number(value.toPrecision(3));
  return String(Math.round(rounded)).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

/** Bytes as KiB. */
export function formatKibibytes(bytes: number): string {
  return `${formatNumber(bytes / 1024)} KiB`;
}

/** A ratio with two decimals. */
export function formatRatio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** The name of a scenario, with its measure where that is not CPU time. */
export function formatScenario({ name, metric }: Scenario): string {
  return metric === "cpu" ? name : `${name} (${metric === "latency" ? "p99" : metric})`;
}

/** A run in one line. */
export function formatRun(title: string, scenario: Scenario, outcome: Outcome): string {
  const { messages, seconds, cpu, generator, latency, memory } = outcome;
  const parts = [
    title.padEnd(28),
    `${formatNumber(messages / seconds).padStart(8)} ${scenario.units}/s`,
    `${formatNumber((cpu.user + cpu.system) / messages)} µs CPU each`,
    ...(latency === null ? [] : [`p50 ${formatNumber(latency.p50)} ms, p99 ${formatNumber(latency.p99)} ms`]),
    ...(latency === null || scenario.metric !== "latency" ? [] : [`p99.9 ${formatNumber(latency.p999)} ms`]),
    ...(memory === undefined ? [] : [`${formatKibibytes(memory.rss)} each`]),
    `generator ${Math.round(generator * 100)} %`,
  ];
  return parts.join("  ");
}

/** A table in Markdown, with columns as wide as needed. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill: (cell: string, width: number, column: number) => string) =>
    `| ${cells.map((cell, column) => fill(cell, widths[column] ?? 0, column)).join(" | ")} |`;
  const aligned = (cell: string, width: number, column: number) =>
    column === 0 ? cell.padEnd(width) : cell.padStart(width);
  const rule = (_: string, width: number, column: number) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
  return [line(head, aligned), line(head, rule), ...rows.map((row) => line(row, aligned))].join("\n");
}

/** The table of one scenario. */
export function formatRows(scenario: Scenario, rows: readonly Row[]): string {
  if (scenario.metric === "latency") return formatLatencies(scenario, rows);
  const head = [
    "server",
    `${scenario.units}/s`,
    `CPU µs/${scenario.unit}`,
    "user",
    "system",
    "p50 ms",
    "p99 ms",
    ...(scenario.metric === "memory" ? ["RSS each", "heap each"] : []),
    `ratio to ${reference}`,
  ];
  return formatTable(
    head,
    rows.map((row) => [
      row.title,
      formatNumber(row.rate) + (row.generatorWasBusy ? " †" : ""),
      formatNumber(row.cpu),
      formatNumber(row.user),
      formatNumber(row.system),
      row.p50 === null ? "–" : formatNumber(row.p50),
      row.p99 === null ? "–" : formatNumber(row.p99),
      ...(scenario.metric === "memory"
        ? [
            row.rss === null ? "–" : formatKibibytes(row.rss),
            row.heap === null ? "–" : formatKibibytes(row.heap),
          ]
        : []),
      formatSpread(row),
    ]),
  );
}

/** The table of a scenario that is about latency, with the spread of all figures over the rounds. */
function formatLatencies(scenario: Scenario, rows: readonly Row[]): string {
  const milliseconds = (spread: Spread | null) =>
    spread === null
      ? "–"
      : `${formatNumber(spread.median)} (${formatNumber(spread.least)}–${formatNumber(spread.most)})`;
  return formatTable(
    [
      "server",
      `${scenario.units}/s`,
      `CPU µs/${scenario.unit}`,
      "p50 ms",
      "p99 ms",
      "p99.9 ms",
      `p99, ratio to ${reference}`,
    ],
    rows.map((row) => [
      row.title,
      formatNumber(row.rate),
      formatNumber(row.cpu),
      milliseconds(row.latency.p50),
      milliseconds(row.latency.p99),
      milliseconds(row.latency.p999),
      formatSpread(row),
    ]),
  );
}

/** The note for a rate with a dagger. */
export const busyGeneratorNote =
  "† The load generator was busy for more than 90 % of a core, so this rate may be its own limit; CPU per message is the server's all the same.";

function formatSpread({ ratio, server }: Row): string {
  if (ratio === null) return "–";
  if (server === reference) return "1";
  return `${formatRatio(ratio.median)} (${formatRatio(ratio.least)}–${formatRatio(ratio.most)})`;
}
