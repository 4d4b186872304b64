/** From raw runs to what is quoted: medians over the rounds, and ratios that were taken within each. */

import type { Outcome } from "../load/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { reference } from "../servers/server-catalogue.ts";
import { medianOf, type Spread, spreadOf } from "../system/statistics.ts";
import type { MeasuredServer, Run } from "./results.ts";

/** Above this share of a core the load generator may have been what limited the rate. */
const busyGenerator = 0.9;

/** One server in one scenario. */
export interface Row {
  readonly server: string;
  readonly title: string;
  readonly rounds: number;
  /** Messages a second. */
  readonly rate: number;
  /** The server's processor time for a message, in microseconds. */
  readonly cpu: number;
  readonly user: number;
  readonly system: number;
  /** In ms. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Bytes for a connection. */
  readonly rss: number | null;
  readonly heap: number | null;
  /** How it stands to the reference in what matters most in this scenario. */
  readonly ratio: Spread | null;
  /** Whether the load generator was so busy that the rate may be its own. The processor time is the server's all the same. */
  readonly generatorWasBusy: boolean;
}

/** Reads one number from a run. */
export type Measure = (outcome: Outcome) => number;

/** What matters most in a scenario, of one run. */
export function costOf(scenario: Scenario, outcome: Outcome): number {
  if (scenario.metric === "memory") return outcome.memory?.rss ?? Number.NaN;
  return (outcome.cpu.user + outcome.cpu.system) / outcome.messages;
}

/** The rows of one scenario. */
export function summarise(
  scenario: Scenario,
  runs: readonly Run[],
  servers: readonly MeasuredServer[],
): Row[] {
  const ofScenario = runs.filter((run) => run.scenario === scenario.name);
  return servers.flatMap(({ name, title }) => {
    const own = ofScenario.filter((run) => run.server === name);
    if (own.length === 0) return [];
    const over = (measure: (outcome: Outcome) => number) =>
      medianOf(own.map(({ outcome }) => measure(outcome)));
    const where = (measure: (outcome: Outcome) => number | null | undefined) => {
      const values = own.map(({ outcome }) => measure(outcome));
      return values.every((value) => typeof value === "number") ? medianOf(values) : null;
    };
    return {
      server: name,
      title,
      rounds: own.length,
      rate: over(({ messages, seconds }) => messages / seconds),
      cpu: over(({ cpu, messages }) => (cpu.user + cpu.system) / messages),
      user: over(({ cpu, messages }) => cpu.user / messages),
      system: over(({ cpu, messages }) => cpu.system / messages),
      p50: where(({ latency }) => latency?.p50),
      p99: where(({ latency }) => latency?.p99),
      rss: where(({ memory }) => memory?.rss),
      heap: where(({ memory }) => memory?.heap),
      ratio: ratioOf(scenario, own, ofScenario),
      generatorWasBusy: over(({ generator }) => generator) > busyGenerator,
    };
  });
}

function ratioOf(scenario: Scenario, own: readonly Run[], all: readonly Run[]): Spread | null {
  return spreadOf(
    own.flatMap(({ round, outcome }) => {
      const other = all.find((run) => run.server === reference && run.round === round);
      return other === undefined ? [] : costOf(scenario, outcome) / costOf(scenario, other.outcome);
    }),
  );
}
