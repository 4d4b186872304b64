/** A report of a load test as one file of HTML, which needs no network and no server. */

import { showDuration } from "../../input/duration.ts";
import { showSize } from "../../output/event-text.ts";
import { type LatencyFigures, type LoadFigures, ownLimitOf } from "../measure/load-figures.ts";
import { limitTexts, showCount, showOwn, showRate } from "./figures-text.ts";
import { drawChart, plotSpan } from "./line-chart.ts";
import { embedJson, escapeHtml } from "./markup.ts";
import { chartsOf, readoutsOf } from "./report-charts.ts";
import { reportScript, reportStyle } from "./report-style.ts";

/** What a report says besides the figures. */
export interface ReportSubject {
  readonly url: string;
  /** When the test began. */
  readonly date: Date;
  /** The conditions of the test, and which of them failed. */
  readonly conditions: readonly { readonly text: string; readonly isBroken: boolean }[];
}

/** Makes the page. */
export function reportPage(figures: LoadFigures, subject: ReportSubject): string {
  const { url, date } = subject;
  const charts = chartsOf(figures);
  const data = charts.map((chart) => ({ places: chart.places, texts: readoutsOf(chart) }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load test of ${escapeHtml(url)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>Load test of ${escapeHtml(url)}</h1>
<p class="sub">${escapeHtml(date.toISOString().replace("T", " ").slice(0, 19))} UTC, ${escapeHtml(showDuration(figures.duration))}</p>
${verdictOf(subject)}${limitOf(figures)}
</header>
<main>
<dl class="tiles">${tilesOf(figures)}</dl>
<h2>Over time</h2>
<div class="charts">
${charts.map(drawChart).join("\n")}
</div>
<h2>Durations</h2>
<div class="panel scroll" tabindex="0" role="region" aria-label="Durations">${latencyTable(figures)}</div>
${reasonTable(figures)}
<h2>This program</h2>
<p class="panel">${escapeHtml(showOwn(figures))}; ${escapeHtml(showSize(figures.own.memory))} of memory.</p>
<h2>Seconds</h2>
<details class="panel"><summary>All values as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Seconds">${sampleTable(figures)}</div></details>
</main>
<script type="application/json" id="data">${embedJson({ charts: data, span: plotSpan })}</script>
<script>${reportScript}</script>
</body>
</html>
`;
}

function verdictOf({ conditions }: ReportSubject): string {
  if (conditions.length === 0) return "";
  const broken = conditions.filter(({ isBroken }) => isBroken);
  const list = (all: typeof conditions) => escapeHtml(all.map(({ text }) => text).join(", "));
  return broken.length === 0
    ? `<p class="verdict good">Passed. No condition came true: ${list(conditions)}</p>`
    : `<p class="verdict bad">Failed: ${list(broken)}</p>`;
}

function limitOf(figures: LoadFigures): string {
  const limit = ownLimitOf(figures);
  return limit === null ? "" : `<p class="verdict fair">${escapeHtml(limitTexts[limit])}</p>`;
}

function tilesOf(figures: LoadFigures): string {
  const { connected, clients, connectRate, sent, rate, received, receivedRate, lag, answers } = figures;
  const tiles: [string, string, string][] = [
    ["Clients", showCount(connected), `of ${showCount(clients)}, ${showRate(connectRate)}`],
    ["Sent", showCount(sent), `${showRate(rate)}, ${showSize(figures.bytesOut)}`],
    ["Received", showCount(received), `${showRate(receivedRate)}, ${showSize(figures.bytesIn)}`],
  ];
  if (lag.count > 0) tiles.push(["Lag p99", showDuration(lag.p99), `p50 ${showDuration(lag.p50)}`]);
  if (answers.count + figures.unanswered > 0)
    tiles.push(["Answers p99", showDuration(answers.p99), `${showCount(figures.unanswered)} missing`]);
  if (lag.count > 0) {
    const lost = figures.lost ?? figures.gaps;
    tiles.push([
      figures.lost === null ? "Missing" : "Lost",
      showCount(lost),
      `${showCount(figures.doubles)} doubled, ${showCount(figures.disorder)} out of order`,
    ]);
  }
  return tiles
    .map(
      ([name, value, note]) =>
        `<div class="tile"><dt>${name}</dt><dd>${escapeHtml(value)}<span class="note">${escapeHtml(note)}</span></dd></div>`,
    )
    .join("");
}

function latencyTable({ connects, answers, lag, times, own }: LoadFigures): string {
  const rows: [string, LatencyFigures][] = [
    ["connects", connects],
    ["answers", answers],
    ["lag", lag],
    ...Object.entries(times),
    ["sent later than due", own.late],
  ];
  const cells = ({ count, mean, p50, p90, p99, p999, max }: LatencyFigures) =>
    [showCount(count), ...[mean, p50, p90, p99, p999, max].map(showDuration)]
      .map((text) => `<td class="number">${text}</td>`)
      .join("");
  const body = rows
    .filter(([, { count }]) => count > 0)
    .map(([name, latency]) => `<tr><th scope="row">${escapeHtml(name)}</th>${cells(latency)}</tr>`);
  return table(["", "count", "mean", "p50", "p90", "p99", "p99.9", "max"], body);
}

function reasonTable({ failures, disconnects, errors, tallies }: LoadFigures): string {
  const kinds: [string, Readonly<Record<string, number>>][] = [
    ["refused", failures],
    ["ended", disconnects],
    ["error", errors],
    ["counted", tallies],
  ];
  const rows = kinds.flatMap(([kind, reasons]) =>
    Object.entries(reasons).map(
      ([reason, count]) =>
        `<tr><th scope="row">${kind}</th><td class="number">${showCount(count)}</td><td class="reason">${escapeHtml(reason)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return "";
  return `<h2>Failures and counts</h2>\n<div class="panel scroll" tabindex="0" role="region" aria-label="Failures and counts">${table(["", "count", "reason or name"], rows)}</div>`;
}

function sampleTable({ samples }: LoadFigures): string {
  const [first] = samples;
  if (first === undefined) return "";
  const names = Object.keys(first) as (keyof typeof first)[];
  const rows = samples.map(
    (sample) =>
      `<tr>${names.map((name) => `<td class="number">${sample[name] === null ? "" : String(sample[name])}</td>`).join("")}</tr>`,
  );
  return table(names, rows);
}

function table(names: readonly string[], rows: readonly string[]): string {
  const head = names
    .map(
      (name) =>
        `<th scope="col"${name === "" || name.startsWith("reason") ? "" : ' class="number"'}>${escapeHtml(name)}</th>`,
    )
    .join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
