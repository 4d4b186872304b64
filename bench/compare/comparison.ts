/** Compares servers: runs every scenario in rounds, each server once a round, in alternating order. */

import { Bench, type Contestant } from "../processes/bench-run.ts";
import { formatRun } from "../report/text.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import { reference } from "../servers/server-catalogue.ts";
import type { Cores } from "../system/cores.ts";
import { describeCommit, describeMachine } from "../system/machine.ts";
import { medianOf } from "../system/statistics.ts";
import type { Comparison, Run } from "./results.ts";

/** What to compare. */
export interface ComparisonPlan {
  readonly contestants: readonly Contestant[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  readonly sizeOf: (scenario: Scenario) => Size;
  readonly cores: Cores;
  /** Why some servers are not among the contestants. */
  readonly missing: readonly string[];
}

/** How often the reference is measured where its rate is needed and not known from this run. */
const trials = 3;

/** Runs the comparison, and prints a line for each run. */
export async function compare(plan: ComparisonPlan, say: (line: string) => void): Promise<Comparison> {
  const machine = describeMachine(plan.cores);
  const startedAt = performance.now();
  const bench = new Bench(plan.cores);
  const runs: Run[] = [];
  const missing = [...plan.missing];
  for (const scenario of plan.scenarios) {
    say(`\n${scenario.name}: ${scenario.description}`);
    const failed = new Set<string>();
    const contestants = plan.contestants.filter(
      ({ program }) =>
        (scenario.socketIoOnly !== true || program.dialect === "socket.io") &&
        (scenario.compresses === true
          ? program.compression !== undefined
          : program.compression !== "only for comparison") &&
        program.lacks?.includes(scenario.name) !== true,
    );
    let size = plan.sizeOf(scenario);
    try {
      size = { ...size, ...(await paceOf(scenario, plan, bench, runs)) };
    } catch (error) {
      missing.push(`${scenario.name} was not measured: ${error instanceof Error ? error.message : error}`);
      say(`  ${missing.at(-1)}`);
      continue;
    }
    if (scenario.paced !== undefined) say(`  ${size.rate} ${scenario.units}/s`);
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const contestant of round % 2 === 1 ? contestants : contestants.toReversed()) {
        const { name, title } = contestant.program;
        if (failed.has(name)) continue;
        try {
          const outcome = await bench.run(contestant, scenario, size);
          runs.push({ scenario: scenario.name, server: name, round, outcome });
          say(`  ${round}/${plan.rounds} ${formatRun(title, scenario, outcome)}`);
        } catch (error) {
          failed.add(name);
          const reason = `${title} failed in ${scenario.name}: ${error instanceof Error ? error.message : error}`;
          missing.push(reason);
          say(`  ${round}/${plan.rounds} ${reason}`);
        }
      }
    }
    bench.renewLoad();
  }
  return {
    date: new Date().toISOString(),
    commit: describeCommit(),
    machine,
    seconds: (performance.now() - startedAt) / 1000,
    rounds: plan.rounds,
    servers: plan.contestants.map(({ program: { name, title } }) => ({
      name,
      title,
      versions: bench.versionsOf(name),
    })),
    missing,
    runs,
  };
}

/** The rate of a paced scenario, which follows from the reference's own; nothing for any other. */
async function paceOf(
  { paced }: Scenario,
  { contestants, sizeOf }: ComparisonPlan,
  bench: Bench,
  runs: readonly Run[],
): Promise<Pick<Size, "rate">> {
  if (paced === undefined) return {};
  const { by, share } = paced;
  const pacemaker = contestants.find(({ program }) => program.name === reference) ?? contestants[0];
  if (pacemaker === undefined) return {};
  const outcomes = runs
    .filter((run) => run.scenario === by.name && run.server === pacemaker.program.name)
    .map(({ outcome }) => outcome);
  while (outcomes.length < trials) outcomes.push(await bench.run(pacemaker, by, sizeOf(by)));
  const rate = medianOf(outcomes.map(({ messages, seconds }) => messages / seconds));
  return { rate: Math.round(rate * share) };
}
