/** Roomcast's targets: bounds on the ratio of its cost to another server's cost in the same round. */

import { scenarioNamed, scenarios } from "../scenarios/catalogue.ts";
import { reference } from "../servers/server-catalogue.ts";
import { type Spread, spreadOf } from "../system/statistics.ts";
import type { Run } from "./results.ts";
import { costOf, type Measure } from "./summary.ts";

/** A bound on a ratio. */
export interface Target {
  readonly scenario: string;
  /** The server that has the target. Default `"roomcast"`. */
  readonly server?: string;
  /** The server that it is compared with. */
  readonly rival: string;
  /** The measured quantity: the scenario's own metric, or user time without system time. */
  readonly measure: "cost" | "user time";
  readonly bound: number;
}

const native = "socket.io-uws";
const nativeOnBun = "socket.io-bun";
const onBun = "roomcast-bun";
const bridge = "bridge";

/** Where the kernel's part is so large that no server of the family is far from another. */
const kernelBound = ["rooms", "broadcast"];

/** All targets. */
export const targets: readonly Target[] = [
  { scenario: "echo", rival: reference, measure: "cost", bound: 0.5 },
  { scenario: "ack", rival: reference, measure: "cost", bound: 0.5 },
  { scenario: "pipe", rival: reference, measure: "cost", bound: 0.2 },
  { scenario: "broadcast", rival: reference, measure: "cost", bound: 0.52 },
  { scenario: "burst", rival: reference, measure: "cost", bound: 0.05 },
  { scenario: "rooms", rival: reference, measure: "cost", bound: 0.46 },
  { scenario: "binary", rival: reference, measure: "cost", bound: 0.42 },
  { scenario: "compressed-broadcast", rival: reference, measure: "cost", bound: 0.06 },
  { scenario: "compressed-broadcast", rival: "roomcast-plain", measure: "cost", bound: 1.1 },
  { scenario: "compressed-echo", rival: reference, measure: "cost", bound: 0.4 },
  { scenario: "polling", rival: reference, measure: "cost", bound: 0.64 },
  { scenario: "connect", rival: reference, measure: "cost", bound: 0.3 },
  { scenario: "first", rival: reference, measure: "cost", bound: 0.36 },
  { scenario: "churn", rival: reference, measure: "cost", bound: 0.38 },
  { scenario: "idle", rival: reference, measure: "cost", bound: 0.4 },
  { scenario: "tail", rival: reference, measure: "cost", bound: 1 },
  { scenario: "tail", rival: native, measure: "cost", bound: 1 },
  { scenario: "echo", rival: reference, measure: "user time", bound: 0.5 },
  { scenario: "ack", rival: reference, measure: "user time", bound: 0.5 },
  { scenario: "echo", rival: "ws", measure: "cost", bound: 1 },
  ...scenarios
    .filter(({ compresses }) => compresses !== true)
    .filter(({ name, metric }) => metric !== "latency" && !kernelBound.includes(name))
    .flatMap(({ name }): Target[] => [
      { scenario: name, rival: native, measure: "cost", bound: 1 },
      { scenario: name, rival: nativeOnBun, measure: "cost", bound: 1 },
    ]),
  { scenario: "polling", server: onBun, rival: nativeOnBun, measure: "cost", bound: 1 },
  { scenario: "connect", server: onBun, rival: nativeOnBun, measure: "cost", bound: 0.75 },
  { scenario: "echo", server: bridge, rival: reference, measure: "cost", bound: 0.62 },
  { scenario: "ack", server: bridge, rival: reference, measure: "cost", bound: 0.62 },
  { scenario: "broadcast", server: bridge, rival: reference, measure: "cost", bound: 0.55 },
  { scenario: "rooms", server: bridge, rival: reference, measure: "cost", bound: 0.5 },
  { scenario: "connect", server: bridge, rival: reference, measure: "cost", bound: 0.6 },
  { scenario: "idle", server: bridge, rival: reference, measure: "cost", bound: 0.6 },
];

/** The server that has a target. */
export function holderOf({ server = "roomcast" }: Target): string {
  return server;
}

/**
 * The ratio of a target's server, or of another one, to the target's rival in the target's measure; `null` if
 * one was not measured.
 */
export function standing(target: Target, runs: readonly Run[], server = holderOf(target)): Spread | null {
  const measure = measureOf(target);
  const ofScenario = runs.filter(({ scenario }) => scenario === target.scenario);
  return spreadOf(
    ofScenario.flatMap(({ round, outcome, server: name }) => {
      const rival = ofScenario.find((run) => run.server === target.rival && run.round === round);
      return name !== server || rival === undefined ? [] : measure(outcome) / measure(rival.outcome);
    }),
  );
}

function measureOf({ scenario: name, measure }: Target): Measure {
  const scenario = scenarioNamed(name);
  if (scenario === undefined) throw new Error(`a target for a scenario that does not exist: ${name}`);
  if (measure === "user time") return ({ cpu, messages }) => cpu.user / messages;
  return (outcome) => costOf(scenario, outcome);
}
