/** How the cost of a message grows with the number of connections, rooms and members. It should not grow. */

import { Bench, type Contestant } from "../processes/bench-run.ts";
import { formatRun } from "../report/text.ts";
import { broadcast } from "../scenarios/broadcast.ts";
import { idle } from "../scenarios/connections/idle.ts";
import { echo } from "../scenarios/echo.ts";
import { rooms } from "../scenarios/rooms.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { Cores } from "../system/cores.ts";
import { describeCommit, describeMachine } from "../system/machine.ts";
import type { Growth, GrowthRun } from "./results.ts";

/** One quantity that grows while everything else stays the same. */
export interface Study {
  readonly name: string;
  readonly title: string;
  /** The quantity that grows. */
  readonly axis: string;
  readonly scenario: Scenario;
  readonly points: readonly { readonly x: number; readonly size: Size }[];
}

const connectionCounts = [1_000, 2_000, 4_000, 8_000, 16_000];
const roomsPerClient = [1, 4, 16, 64, 256];
const clientsPerRoom = [10, 50, 100, 500, 2_000];

/** All studies. */
export const studies: readonly Study[] = [
  {
    name: "echo",
    title: "Echo: CPU per round trip, 100 events in flight over all connections",
    axis: "connections",
    scenario: echo,
    points: connectionCounts.map((x) => ({
      x,
      size: { connections: x, window: 100, messages: 32_000, warmUp: 16_000 },
    })),
  },
  {
    name: "broadcast",
    title: "Broadcast to all: CPU per delivery",
    axis: "connections",
    scenario: broadcast,
    points: connectionCounts.map((x) => ({ x, size: { connections: x, messages: 96_000, warmUp: 32_000 } })),
  },
  {
    name: "idle",
    title: "Memory (RSS) per idle connection",
    axis: "connections",
    scenario: idle,
    points: connectionCounts.map((x) => ({ x, size: { connections: x, messages: 0, warmUp: 500 } })),
  },
  {
    name: "rooms-per-client",
    title: "Rooms per client: CPU per delivery, 500 clients, rooms of 10",
    axis: "rooms per client",
    scenario: rooms,
    points: roomsPerClient.map((x) => ({
      x,
      size: {
        connections: 500,
        rooms: 50 * x,
        roomsPerConnection: x,
        window: 50,
        messages: 40_000,
        warmUp: 16_000,
      },
    })),
  },
  {
    name: "clients-per-room",
    title: "Clients per room: CPU per delivery, 2 000 clients",
    axis: "clients per room",
    scenario: rooms,
    points: clientsPerRoom.map((x) => ({
      x,
      size: { connections: 2_000, rooms: 2_000 / x, window: 50, messages: 100_000, warmUp: 40_000 },
    })),
  },
];

/** What to study. */
export interface GrowthPlan {
  readonly contestants: readonly Contestant[];
  readonly studies: readonly Study[];
  readonly rounds: number;
  readonly cores: Cores;
  readonly missing: readonly string[];
  /** How many connections the open-files limit allows. */
  readonly maxConnections: number;
  /** Whether to take only a hundredth of everything, to check that it works. */
  readonly isQuick: boolean;
}

/** Runs the studies, and prints a line for each run. */
export async function studyGrowth(plan: GrowthPlan, say: (line: string) => void): Promise<Growth> {
  const machine = describeMachine(plan.cores);
  const startedAt = performance.now();
  const bench = new Bench(plan.cores);
  const runs: GrowthRun[] = [];
  const missing = [...plan.missing];
  for (const study of plan.studies) {
    say(`\n${study.title}`);
    for (const { x, size } of study.points) {
      if (size.connections > plan.maxConnections) {
        missing.push(
          `${study.name} with ${size.connections} connections: the limit of open files is too low`,
        );
        say(`  ${missing.at(-1)}`);
        continue;
      }
      for (let round = 1; round <= plan.rounds; round += 1) {
        for (const contestant of round % 2 === 1 ? plan.contestants : plan.contestants.toReversed()) {
          const { name, title } = contestant.program;
          try {
            const outcome = await bench.run(contestant, study.scenario, plan.isQuick ? shrunk(size) : size);
            runs.push({ study: study.name, x, scenario: study.scenario.name, server: name, round, outcome });
            say(`  ${x} ${study.axis}, ${round}/${plan.rounds} ${formatRun(title, study.scenario, outcome)}`);
          } catch (error) {
            missing.push(
              `${title} in ${study.name} at ${x}: ${error instanceof Error ? error.message : error}`,
            );
            say(`  ${missing.at(-1)}`);
          }
        }
      }
      bench.renewLoad();
    }
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

/** Fewer messages, and fewer connections if nothing else depends on their number. */
function shrunk(size: Size): Size {
  return {
    ...size,
    connections: size.rooms === undefined ? Math.ceil(size.connections / 100) : size.connections,
    messages: Math.ceil(size.messages / 20),
    warmUp: Math.ceil(size.warmUp / 100),
  };
}
