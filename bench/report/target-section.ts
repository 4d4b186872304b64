/** The part of the report that shows which targets are met, and what stands in the way of the others. */

import type { Comparison, Run } from "../compare/results.ts";
import { holderOf, standing, type Target, targets } from "../compare/targets.ts";
import { scenarioNamed } from "../scenarios/catalogue.ts";
import { medianOf } from "../system/statistics.ts";
import { formatRatio, formatTable } from "./text.ts";

/** The servers without a protocol: on the same sockets no server costs less. */
const floors = ["net", "uws"];

/** The table of targets, and a sentence for each missed one. */
export function targetSection({ servers, runs, rounds }: Comparison): string[] {
  const titleOf = (name: string) => servers.find((server) => server.name === name)?.title ?? name;
  const measured = targets.flatMap((target) => {
    const spread = standing(target, runs);
    return spread === null ? [] : [{ target, spread }];
  });
  if (measured.length === 0) return [];
  const table = formatTable(
    ["scenario", "server", "measured against", "measure", "target", "median", "least–most", ""],
    measured.map(({ target, spread: { median, least, most } }) => {
      const { scenario, rival, measure, bound } = target;
      return [
        scenario,
        titleOf(holderOf(target)),
        titleOf(rival),
        measure === "cost" ? metricOf(scenario) : measure,
        `≤ ${formatRatio(bound)}`,
        formatRatio(median),
        `${formatRatio(least)}–${formatRatio(most)}`,
        median <= bound ? "✓" : "✗",
      ];
    }),
  );
  const missed = measured.filter(({ target, spread }) => spread.median > target.bound);
  return [
    "## Targets",
    `The targets that Roomcast sets itself: upper bounds on the ratio to another server. Medians over ${rounds} rounds.`,
    table,
    ...(missed.length === 0
      ? []
      : [
          "Missed targets, and why:",
          missed.map(({ target, spread }) => explain(target, spread.median, runs, titleOf)).join("\n"),
        ]),
  ];
}

function metricOf(scenario: string): string {
  const metric = scenarioNamed(scenario)?.metric;
  return metric === "memory" ? "memory" : metric === "latency" ? "p99" : "CPU time";
}

/** Explains how much of a cost is unavoidable: system time, and the floors. */
function explain(
  target: Target,
  ratio: number,
  runs: readonly Run[],
  titleOf: (name: string) => string,
): string {
  const { scenario, rival, bound } = target;
  const facts = floors.flatMap((name) => {
    const floor = standing(target, runs, name);
    return floor === null
      ? []
      : [`${titleOf(name)}, which has no protocol at all, is at ${formatRatio(floor.median)}`];
  });
  if (target.measure === "cost" && metricOf(scenario) === "CPU time") {
    const systemPart = systemTimeIn(scenario, holderOf(target), runs) / totalTimeIn(scenario, rival, runs);
    facts.unshift(
      `the operating system's share alone, reading and writing sockets, is ${formatRatio(systemPart)} of the total for ${titleOf(rival)}`,
    );
  }
  const ofBridge = target.server === undefined ? "" : ` on ${titleOf(target.server)}`;
  const subject = `${scenario}${ofBridge}${target.measure === "cost" ? "" : ", user time alone"}`;
  if (facts.length === 0) facts.push("no plain server does the same, so there is no floor to show");
  return `- **${subject}**: ${formatRatio(ratio)} against ${titleOf(rival)}, where the target is ${formatRatio(bound)}; ${facts.join("; ")}.`;
}

function systemTimeIn(scenario: string, server: string, runs: readonly Run[]): number {
  return medianOf(outcomesOf(scenario, server, runs).map(({ cpu, messages }) => cpu.system / messages));
}

function totalTimeIn(scenario: string, server: string, runs: readonly Run[]): number {
  return medianOf(
    outcomesOf(scenario, server, runs).map(({ cpu, messages }) => (cpu.user + cpu.system) / messages),
  );
}

function outcomesOf(scenario: string, server: string, runs: readonly Run[]) {
  return runs
    .filter((run) => run.scenario === scenario && run.server === server)
    .map(({ outcome }) => outcome);
}
