/** Writes docs/performance.md and its plots from results. Measures nothing. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Study, studies } from "../compare/growth.ts";
import type { Circumstances, Comparison, Growth, Results } from "../compare/results.ts";
import { costOf, type Row, summarise } from "../compare/summary.ts";
import { scenarios } from "../scenarios/catalogue.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { reference } from "../servers/server-catalogue.ts";
import { medianOf } from "../system/statistics.ts";
import { barChart } from "./bar-chart.ts";
import { importSection } from "./import-section.ts";
import { lineChart } from "./line-chart.ts";
import { method } from "./method.ts";
import { quoteFigures } from "./quoted-figures.ts";
import { ratioChart } from "./ratio-chart.ts";
import { targetSection } from "./target-section.ts";
import {
  busyGeneratorNote,
  formatKibibytes,
  formatNumber,
  formatRatio,
  formatRows,
  formatScenario,
  formatTable,
} from "./text.ts";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));
const plots = join(docs, "performance");

/** The servers in the plot of ratios: those that speak Socket.IO and are fast enough to fit in. */
const plotted = ["roomcast", "roomcast-bun", "socket.io-uws", "socket.io-bun"];

/**
 * Writes the page and its plots.
 *
 * @returns the paths of the written files
 */
export function writeReport(results: Results): string[] {
  const { comparison, imports, growth } = results;
  const files = new Map<string, string>();
  const sections = [
    "# Performance",
    "<!-- Made by `npm run bench -- --report` from bench/results/latest.json. Changes by hand are lost. -->",
    ...(comparison === undefined ? [] : comparisonSections(comparison, files)),
    ...(imports === undefined ? [] : [importSection(imports)]),
    ...(growth === undefined ? [] : growthSections(growth, files)),
    ...(comparison === undefined && growth === undefined ? ["Nothing has been measured yet."] : []),
    method,
    ...circumstanceSections(results),
  ];
  files.set(join(docs, "performance.md"), `${sections.join("\n\n")}\n`);
  if (comparison !== undefined)
    for (const [path, content] of quoteFigures(comparison, docs)) files.set(path, content);
  mkdirSync(plots, { recursive: true });
  for (const name of readdirSync(plots)) if (name.endsWith(".svg")) rmSync(join(plots, name));
  for (const [path, content] of files) writeFileSync(path, content);
  return [...files.keys()];
}

/** A scenario and its results. */
interface Chapter {
  readonly scenario: Scenario;
  readonly rows: readonly Row[];
}

function comparisonSections(comparison: Comparison, files: Map<string, string>): string[] {
  const chapters: Chapter[] = scenarios
    .map((scenario) => ({ scenario, rows: summarise(scenario, comparison.runs, comparison.servers) }))
    .filter(({ rows }) => rows.length > 0);
  const shown = comparison.servers.filter(({ name }) => plotted.includes(name));
  files.set(
    join(plots, "ratio.svg"),
    ratioChart(
      "What a message costs the server",
      "Server CPU time per message (idle: memory, tail: latency), relative to socket.io on ws. Lower is better.",
      shown,
      chapters.map(({ scenario, rows }) => ({
        name: formatScenario(scenario),
        bars: shown.flatMap(({ name }) => {
          const ratio = rows.find(({ server }) => server === name)?.ratio;
          return ratio ? [{ server: name, ratio: ratio.median }] : [];
        }),
      })),
    ),
  );
  return [
    "![What a message costs the server, as a fraction of socket.io's CPU time](performance/ratio.svg)",
    overview(comparison, chapters),
    ...targetSection(comparison),
    ...memorySection(chapters, files),
    "## Every scenario",
    ...chapters.map(({ scenario, rows }) => {
      const note = rows.some((row) => row.generatorWasBusy) ? `\n\n${busyGeneratorNote}` : "";
      return `### ${scenario.name}\n\n${sentence(scenario.description)}\n\n${formatRows(scenario, rows)}${note}`;
    }),
  ];
}

/** The ratios of all servers in all scenarios. */
function overview({ servers, rounds }: Comparison, chapters: readonly Chapter[]): string {
  const others = servers.filter(({ name }) => name !== reference && name !== "roomcast");
  const ratioOf = (rows: readonly Row[], server: string) =>
    rows.find((row) => row.server === server)?.ratio ?? null;
  const table = formatTable(
    ["", "**Roomcast**", "least–most", ...others.map(({ title }) => title)],
    chapters.map(({ scenario, rows }) => {
      const own = ratioOf(rows, "roomcast");
      return [
        formatScenario(scenario),
        own === null ? "–" : `**${formatRatio(own.median)}**`,
        own === null ? "–" : `${formatRatio(own.least)}–${formatRatio(own.most)}`,
        ...others.map(({ name }) => formatRatio(ratioOf(rows, name)?.median ?? Number.NaN)),
      ];
    }),
  );
  return `Server CPU time per message (in \`idle\`: memory per connection; in \`tail\`: the 99th percentile of latency), as a fraction of what
socket.io on ws takes for the same work: the median, over ${rounds} rounds, of the ratios within each round. Lower is better. The plain
servers set the floor: they have no Socket.IO protocol and no acknowledgements, and their rooms are hand-written. Bare \`node:net\`
checks nothing and reads only short frames, so no server on Node's sockets gets below it.

${table}`;
}

function memorySection(chapters: readonly Chapter[], files: Map<string, string>): string[] {
  const rows = chapters.find(({ scenario }) => scenario.name === "idle")?.rows ?? [];
  const bars = rows.flatMap(({ server, title, rss, heap }) => {
    if (rss === null) return [];
    const ofHeap = heap === null || heap < 0 ? "" : `, of it heap ${formatNumber(heap / 1024)}`;
    return [{ server, title, value: rss, text: `${formatKibibytes(rss)}${ofHeap}` }];
  });
  if (bars.length === 0) return [];
  files.set(
    join(plots, "memory.svg"),
    barChart(
      "Memory of an idle connection",
      "Resident memory of the server process per connection. Lower is better.",
      bars,
    ),
  );
  return ["![Memory of an idle connection](performance/memory.svg)"];
}

function growthSections(growth: Growth, files: Map<string, string>): string[] {
  const measured = studies.filter(({ name }) => growth.runs.some(({ study }) => study === name));
  return [
    "## Growth",
    `The cost of a message, or of a connection, must not depend on how many there are. Medians over ${growth.rounds} rounds; every axis starts at zero.`,
    ...measured.map((study) => {
      files.set(join(plots, `growth-${study.name}.svg`), growthChart(study, growth));
      return `![${study.title}](performance/growth-${study.name}.svg)\n\n${growthTable(study, growth)}`;
    }),
  ];
}

function growthSeries({ name: study, scenario, points }: Study, growth: Growth) {
  return growth.servers.map(({ name, title }) => ({
    name,
    title,
    points: points.flatMap(({ x }) => {
      const runs = growth.runs.filter((run) => run.study === study && run.x === x && run.server === name);
      const cost = medianOf(runs.map(({ outcome }) => costOf(scenario, outcome)));
      if (Number.isNaN(cost)) return [];
      return [{ x, value: scenario.metric === "memory" ? cost / 1024 : cost }];
    }),
  }));
}

function growthUnit({ scenario }: Study): string {
  return scenario.metric === "memory" ? `KiB/${scenario.unit}` : `CPU µs/${scenario.unit}`;
}

function growthChart(study: Study, growth: Growth): string {
  return lineChart(study.title, study.axis, growthUnit(study), growthSeries(study, growth));
}

function growthTable(study: Study, growth: Growth): string {
  const series = growthSeries(study, growth);
  return formatTable(
    [study.axis, ...series.map(({ title }) => `${title}, ${growthUnit(study)}`)],
    study.points.map(({ x }) => [
      formatNumber(x),
      ...series.map(({ points }) => formatNumber(points.find((point) => point.x === x)?.value ?? Number.NaN)),
    ]),
  );
}

function circumstanceSections({ comparison, imports, growth }: Results): string[] {
  const first = comparison ?? growth;
  if (first === undefined) return [];
  const versions = new Map(
    [...(growth?.servers ?? []), ...(comparison?.servers ?? [])].map(({ title, versions }) => [
      title,
      versions,
    ]),
  );
  return [
    "## The machine",
    [
      ...(comparison === undefined ? [] : [describe("Comparison", comparison)]),
      ...(imports === undefined
        ? []
        : [
            `- Import: ${imports.date.slice(0, 10)}, commit ${imports.commit}, ${imports.rounds} rounds${duration(imports)}.`,
          ]),
      ...(growth === undefined ? [] : [describe("Growth", growth)]),
    ].join("\n"),
    formatTable(
      ["server", "versions"],
      [...versions].map(([title, list]) => [title, list.length === 0 ? "not measured" : list.join(", ")]),
    ),
    ...[comparison, growth].flatMap((part) => part?.missing ?? []).map((reason) => `- ${reason}`),
  ];
}

/** How long it took, in words. */
function duration({ seconds }: Pick<Circumstances, "seconds">): string {
  return seconds === undefined ? "" : ` in ${formatNumber(Math.ceil(seconds / 60))} min`;
}

function describe(what: string, part: Circumstances): string {
  const { date, commit, machine, rounds } = part;
  const { processor, cores, memory, system, node, pinned, loadBefore } = machine;
  const division = pinned
    ? "server and load on cores of their own"
    : "server and load not tied to cores of their own";
  return (
    `- ${what}: ${date.slice(0, 10)}, commit ${commit}, ${rounds} rounds${duration(part)}; ${processor}, ${cores} cores, ` +
    `${formatNumber(memory / 2 ** 30)} GiB; ${system}; Node ${node}; ${division}; load average before ${loadBefore.toFixed(2)}.`
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
