/** Roomcast's targets for several processes on a broker. */

import type { ReturnRun, Scaling, ScalingRun } from "../compare/results.ts";
import { type Spread, spreadOf } from "../system/statistics.ts";

/** A bound on one figure. */
export interface ScalingTarget {
  readonly what: string;
  readonly unit: string;
  readonly bound: number;
  /** The figure of each round. */
  values(scaling: Scaling): readonly number[];
}

/** All targets. */
export const scalingTargets: readonly ScalingTarget[] = [
  {
    what: "a delivery over Redis, one process",
    unit: "µs of the processes",
    bound: 3.6,
    values: (scaling) => deliveries(scaling, 1),
  },
  {
    what: "a delivery over Redis, 8 processes, members on all",
    unit: "µs of the processes",
    bound: 5.6,
    values: (scaling) => deliveries(scaling, 8),
  },
  {
    what: "a client that comes back to another process, to one that comes back to the same",
    unit: "time of the processes, ratio",
    bound: 2.2,
    values: returnRatios,
  },
  {
    what: "a process on Redis without clients",
    unit: "ms per second",
    bound: 0.7,
    values: (scaling) => idleTimes(scaling, "roomcast-redis"),
  },
  {
    what: "a process on NATS without clients",
    unit: "ms per second",
    bound: 0.6,
    values: (scaling) => idleTimes(scaling, "roomcast-nats"),
  },
];

/** How a figure stands; `null` if it was not measured. */
export function scalingStanding(target: ScalingTarget, scaling: Scaling): Spread | null {
  return spreadOf(target.values(scaling));
}

function deliveries({ runs }: Scaling, processes: number): number[] {
  return runs
    .filter(
      (run) => run.server === "roomcast-redis" && run.processes === processes && run.spread === processes,
    )
    .map(({ cpu, deliveries }) => cpu.servers / deliveries);
}

function returnRatios({ returns }: Scaling): number[] {
  const each = ({ cpu, clients }: ReturnRun) => cpu.servers / clients;
  return returns
    .filter(({ processes }) => processes > 1)
    .flatMap((run) => {
      const same = returns.find(({ processes, round }) => processes === 1 && round === run.round);
      return same === undefined ? [] : each(run) / each(same);
    });
}

function idleTimes({ runs }: Scaling, server: string): number[] {
  const most = Math.max(...runs.map(({ processes }) => processes));
  const each = ({ idle, processes }: ScalingRun) => (idle === null ? [] : [idle.servers / 1000 / processes]);
  return runs
    .filter((run) => run.server === server && run.processes === most && run.spread === most)
    .flatMap(each);
}
