/** Summarises raw runs: medians over the rounds, and ratios within each round. */

import type { Outcome } from "../load/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { reference } from "../servers/server-catalogue.ts";
import { medianOf, type Spread, spreadOf } from "../system/statistics.ts";
import type { MeasuredServer, Run } from "./results.ts";

/** Above this share of a core, the load generator may limit the rate. */
const busyGenerator = 0.9;

/** The results of one server in one scenario. */
export interface Row {
  readonly server: string;
  readonly title: string;
  readonly rounds: number;
  /** Messages per second. */
  readonly rate: number;
  /** The server's processor time per message, in µs. */
  readonly cpu: number;
  readonly user: number;
  readonly system: number;
  /** In ms. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** The spread of latencies over the rounds, in ms. */
  readonly latency: Readonly<Record<"p50" | "p99" | "p999", Spread | null>>;
  /** Bytes per connection. */
  readonly rss: number | null;
  readonly heap: number | null;
  /** The ratio to the reference, in the scenario's own metric. */
  readonly ratio: Spread | null;
  /** Whether the load generator may have limited the rate. The processor time is right all the same. */
  readonly generatorWasBusy: boolean;
}

/** Reads one number from the outcome of a run. */
export type Measure = (outcome: Outcome) => number;

/** The cost in the scenario's own metric. */
export function costOf(scenario: Scenario, outcome: Outcome): number {
  if (scenario.metric === "memory") return outcome.memory?.rss ?? Number.NaN;
  if (scenario.metric === "latency") return outcome.latency?.p99 ?? Number.NaN;
  return (outcome.cpu.user + outcome.cpu.system) / outcome.messages;
}

/** The rows of a scenario's table. */
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
    const spread = (measure: (outcome: Outcome) => number | null | undefined) => {
      const values = own.map(({ outcome }) => measure(outcome));
      return values.every((value) => typeof value === "number") ? spreadOf(values) : null;
    };
    const where = (measure: Parameters<typeof spread>[0]) => spread(measure)?.median ?? null;
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
      latency: {
        p50: spread(({ latency }) => latency?.p50),
        p99: spread(({ latency }) => latency?.p99),
        p999: spread(({ latency }) => latency?.p999),
      },
      rss: where(({ memory }) => memory?.rss),
      heap: where(({ memory }) => memory?.heap),
      ratio: ratioOf(scenario, own, ofScenario),
      // A load with a rate of its own keeps its core busy whatever the server does.
      generatorWasBusy: scenario.paced === undefined && over(({ generator }) => generator) > busyGenerator,
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
