/**
 * Measures what a broker costs, in a few minutes: processes at rest, deliveries, and clients that return.
 * With another checkout, the two alternate.
 */

import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cores, pinThisProcess } from "../system/cores.ts";
import { medianOf } from "../system/statistics.ts";
import type { BrokerKind } from "./broker-process.ts";
import { Fleet } from "./fleet.ts";
import { measureReturns } from "./returns.ts";
import { place, RoomLoad } from "./room-load.ts";
import type { ScalingServer } from "./scaling-servers.ts";

/** A figure, and how it is measured. */
export interface BrokerCost {
  readonly name: string;
  readonly unit: string;
  /** Measures it for the checkout in a folder. */
  measure(folder: string, cores: Cores): Promise<number>;
}

/** What to measure. */
export interface BrokerCostPlan {
  readonly costs: readonly BrokerCost[];
  /** The folders of the checkouts, each with its build. */
  readonly folders: readonly string[];
  readonly rounds: number;
  readonly cores: Cores;
}

/** How often a figure is measured until it is given up. */
const attempts = 4;
/** How many processes are at rest. */
const idleProcesses = 8;
/**
 * How long they are left alone before, in ms: for that long, V8 collects the garbage of the start and
 * compiles what runs for the first time.
 */
const settling = 30_000;
/** How long they are measured, in ms. */
const idleTime = 12_000;
/** The rooms and events of deliveries. */
const load = { rooms: 32, members: 16, warmUp: 3000, events: 4000 };
const payload = "x".repeat(100);
const returning = { clients: 1000, missed: 10 };

/** All figures. */
export const brokerCosts: readonly BrokerCost[] = [
  idleCost("redis"),
  idleCost("nats"),
  deliveryCost(1),
  deliveryCost(8),
  {
    name: "return, to one from memory",
    unit: "ratio",
    async measure(folder, cores) {
      const fromBroker = await returnCost(folder, "redis", cores);
      return fromBroker / (await returnCost(folder, null, cores));
    },
  },
];

/** Measures, and prints a line for each figure. */
export async function studyBrokerCosts(plan: BrokerCostPlan, say: (line: string) => void): Promise<void> {
  pinThisProcess(plan.cores.load);
  for (const { name, unit, measure } of plan.costs) {
    const figures = new Map<string, number[]>(plan.folders.map((folder) => [folder, []]));
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const folder of round % 2 === 0 ? plan.folders : plan.folders.toReversed()) {
        figures.get(folder)?.push(await persistently(() => measure(resolve(folder), plan.cores), say));
      }
    }
    for (const [folder, values] of figures) {
      const spread = values.map((value) => value.toFixed(2)).join(", ");
      say(`${name}, ${folder}: ${medianOf(values).toFixed(2)} ${unit} (${spread})`);
    }
  }
}

/** On a busy machine a message may come later than a measurement waits for it. */
async function persistently(measure: () => Promise<number>, say: (line: string) => void): Promise<number> {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    try {
      return await measure();
    } catch (error) {
      say(`  again, because ${error instanceof Error ? error.message : error}`);
    }
  }
  return measure();
}

function idleCost(broker: BrokerKind): BrokerCost {
  return {
    name: `${idleProcesses} processes at rest on ${broker}`,
    unit: "ms/s a process",
    measure: (folder, cores) =>
      withFleet(serverIn(folder, broker), idleProcesses, cores, async (fleet) => {
        await sleep(settling);
        const before = fleet.read();
        await sleep(idleTime);
        return sum(fleet.usedSince(before).servers) / idleTime / idleProcesses;
      }),
  };
}

function deliveryCost(processes: number): BrokerCost {
  return {
    name: `delivery over redis, members on ${processes} of ${processes}`,
    unit: "µs",
    measure: (folder, cores) =>
      withFleet(serverIn(folder, "redis"), processes, cores, async (fleet) => {
        const clients = new RoomLoad(fleet.ports);
        try {
          await clients.open(place(load.rooms, load.members, processes, processes));
          await clients.warmUp(load.warmUp * processes, payload);
          await clients.rest(200);
          const before = fleet.read();
          const { deliveries } = await clients.run(load.events, null, payload);
          return sum(fleet.usedSince(before).servers) / deliveries;
        } finally {
          clients.close();
        }
      }),
  };
}

/** The cost of a return in µs; without a broker from memory. */
function returnCost(folder: string, broker: BrokerKind | null, cores: Cores): Promise<number> {
  const server = serverIn(folder, broker, "--recovery");
  return withFleet(server, broker === null ? 1 : 2, cores, async (fleet) => {
    const { cpu, clients } = await measureReturns(fleet, returning.clients, returning.missed);
    return cpu.servers / clients;
  });
}

async function withFleet<T>(
  server: ScalingServer,
  processes: number,
  cores: Cores,
  act: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  const fleet = await Fleet.start(server, processes, cores);
  try {
    return await act(fleet);
  } finally {
    await fleet.stop();
  }
}

function serverIn(folder: string, broker: BrokerKind | null, ...flags: string[]): ScalingServer {
  return {
    name: "roomcast",
    title: "Roomcast",
    broker: broker ?? "redis",
    needsPackages: false,
    command: (url) => [
      process.execPath,
      join(folder, "bench/servers/roomcast.mjs"),
      ...(broker === null ? [] : [url]),
      ...flags,
    ],
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
