/** Compares servers: runs every scenario in rounds, each server once a round, in alternating order. */

import { Bench, type Contestant } from "../processes/bench-run.ts";
import { formatRun } from "../report/text.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { Cores } from "../system/cores.ts";
import { describeCommit, describeMachine } from "../system/machine.ts";
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

/** Runs the comparison, and prints a line for each run. */
export async function compare(plan: ComparisonPlan, say: (line: string) => void): Promise<Comparison> {
  const machine = describeMachine(plan.cores);
  const bench = new Bench(plan.cores);
  const runs: Run[] = [];
  const missing = [...plan.missing];
  for (const scenario of plan.scenarios) {
    say(`\n${scenario.name}: ${scenario.description}`);
    const failed = new Set<string>();
    const contestants = plan.contestants.filter(
      ({ program }) =>
        (scenario.socketIoOnly !== true || program.dialect === "socket.io") &&
        program.lacks?.includes(scenario.name) !== true,
    );
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const contestant of round % 2 === 1 ? contestants : contestants.toReversed()) {
        const { name, title } = contestant.program;
        if (failed.has(name)) continue;
        try {
          const outcome = await bench.run(contestant, scenario, plan.sizeOf(scenario));
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
