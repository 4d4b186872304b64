/**
 * Measures the cost of an event when several processes serve together: for rooms with members on one, two and
 * all processes, and for a process without members of the rooms.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { BystanderRun, ReturnRun, Scaling, ScalingRun, ScalingSize } from "../compare/results.ts";
import { type Cores, pinThisProcess } from "../system/cores.ts";
import { describeCommit, describeMachine } from "../system/machine.ts";
import { hasProc } from "../system/process-usage.ts";
import { findBroker } from "./broker-process.ts";
import { Fleet } from "./fleet.ts";
import { measureReturns } from "./returns.ts";
import { place, RoomLoad } from "./room-load.ts";
import { recoveringServer, type ScalingServer } from "./scaling-servers.ts";

/** The counts of a full run. */
export const fullSize: ScalingSize = {
  processes: [1, 2, 4, 8],
  rooms: 32,
  members: 16,
  rate: null,
  events: 4000,
  warmUp: 3000,
  foreignRates: [0, 2000, 4000, 8000],
  foreignSeconds: 1.5,
  // For some seconds processes go on listening to the rooms of clients that have left. What they do at rest
  // repeats every three seconds, or more rarely.
  idle: { rest: 7, seconds: 12 },
  returns: { clients: 2000, missed: 10 },
};

/** Just enough to check that everything works. */
export const quickSize: ScalingSize = {
  processes: [1, 2],
  rooms: 4,
  members: 4,
  rate: 200,
  events: 60,
  warmUp: 20,
  foreignRates: [0, 200],
  foreignSeconds: 0.3,
  idle: { rest: 0.1, seconds: 0.3 },
  returns: { clients: 40, missed: 2 },
};

/** A long payload like those of the other benchmarks, to tell the copies from the bytes around them. */
const payload = "x".repeat(100);
const longPayload = "x".repeat(1100);
/** The share of events with the long payload. */
const longShare = 0.2;

/** What to measure. */
export interface ScalingPlan {
  readonly servers: readonly ScalingServer[];
  readonly size: ScalingSize;
  readonly rounds: number;
  readonly cores: Cores;
}

/** Measures everything, and prints a line for each run. */
export async function studyScaling(plan: ScalingPlan, say: (line: string) => void): Promise<Scaling> {
  const machine = describeMachine(plan.cores);
  const startedAt = performance.now();
  const missing: string[] = [];
  const versions = new Map<string, readonly string[]>();
  const runs: ScalingRun[] = [];
  const bystanders: BystanderRun[] = [];
  const returns: ReturnRun[] = [];
  const attempt = async (what: string, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      missing.push(`${what}: ${error instanceof Error ? error.message : error}`);
      say(`  ${missing.at(-1)}`);
    }
  };
  const servers = plan.servers.filter(({ title, broker }) => {
    const problem = !hasProc
      ? "this system has no /proc, which tells what a broker uses"
      : findBroker(broker) === undefined
        ? `there is no ${broker}-server`
        : null;
    if (problem !== null) missing.push(`${title} was not measured: ${problem}`);
    return problem === null;
  });
  pinThisProcess(plan.cores.load);
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const server of round % 2 === 1 ? servers : servers.toReversed()) {
      say(`\n${server.title}, ${round}/${plan.rounds}`);
      for (const processes of plan.size.processes) {
        await attempt(`${server.title} with ${processes} processes`, async () => {
          const fleet = await Fleet.start(server, processes, plan.cores);
          versions.set(server.name, fleet.versions);
          try {
            const ofFleet: Unlabelled<ScalingRun>[] = [];
            for await (const run of measureSpreads(fleet, plan.size, processes)) {
              ofFleet.push(run);
              say(`  ${describeRun(run)}`);
            }
            const isLargest = processes === Math.max(...plan.size.processes);
            const idle = isLargest ? await measureIdle(fleet, plan.size) : null;
            if (idle !== null)
              say(`  without clients: ${(idle.servers / processes / 1000).toFixed(2)} ms/s each`);
            runs.push(...ofFleet.map((run) => ({ ...run, idle, server: server.name, round })));
          } finally {
            await fleet.stop();
          }
        });
      }
      await attempt(`${server.title} with rooms elsewhere`, async () => {
        for await (const run of measureBystander(server, plan)) {
          bystanders.push({ ...run, server: server.name, round });
          say(
            `  ${Math.round(run.rate)} events/s elsewhere: the process without members uses ${(run.cpu / 1e4).toFixed(2)} % of a core`,
          );
        }
      });
    }
  }
  const recovering = servers.find(({ name }) => name === "roomcast-redis");
  for (let round = 1; recovering !== undefined && round <= plan.rounds; round += 1) {
    for (const processes of [1, 2]) {
      // A single process recovers from its own memory; two use the memory of their broker.
      const server = {
        ...recovering,
        command: (url: string) => recoveringServer(processes === 1 ? null : url),
      };
      await attempt(`Clients that come back to ${processes} processes`, async () => {
        const fleet = await Fleet.start(server, processes, plan.cores);
        try {
          const { clients, missed } = plan.size.returns;
          const run = await measureReturns(fleet, clients, missed);
          returns.push({ ...run, server: recovering.name, round });
          const each = ((run.cpu.servers + run.cpu.broker) / clients).toFixed(0);
          say(`\n${processes} processes: ${Math.round(clients / run.seconds)} returns/s, ${each} µs each`);
        } finally {
          await fleet.stop();
        }
      });
    }
  }
  return {
    date: new Date().toISOString(),
    commit: describeCommit(),
    machine,
    seconds: (performance.now() - startedAt) / 1000,
    rounds: plan.rounds,
    servers: servers.map(({ name, title }) => ({ name, title, versions: versions.get(name) ?? [] })),
    missing,
    size: plan.size,
    runs,
    bystanders,
    returns,
  };
}

/** The spreads of a room's members to measure: over one, two and all processes. */
export function spreadsOf(processes: number): number[] {
  return [...new Set([1, Math.min(2, processes), processes])];
}

type Unlabelled<T> = Omit<T, "server" | "round">;

async function* measureSpreads(
  fleet: Fleet,
  size: ScalingSize,
  processes: number,
): AsyncGenerator<Unlabelled<ScalingRun>> {
  for (const spread of spreadsOf(processes)) {
    const load = new RoomLoad(fleet.ports);
    try {
      await load.open(place(size.rooms, size.members, spread, processes));
      await load.warmUp(size.warmUp * processes, payload);
      await load.rest(200);
      const bytesBefore = await fleet.broker.sentBytes();
      const before = fleet.read();
      const { deliveries, seconds } = await load.run(size.events, size.rate, payload);
      const used = fleet.usedSince(before);
      await load.rest(100);
      const bytes = (await fleet.broker.sentBytes()) - bytesBefore;
      const longEvents = Math.ceil(size.events * longShare);
      const longBefore = await fleet.broker.sentBytes();
      await load.run(longEvents, size.rate, longPayload);
      await load.rest(100);
      const longBytes = (await fleet.broker.sentBytes()) - longBefore;
      yield {
        processes,
        spread,
        events: size.events,
        deliveries,
        seconds,
        cpu: { servers: sum(used.servers), broker: used.broker },
        // Overhead and heartbeats are the same for both sizes, so the difference is the copies.
        copies: (longBytes / longEvents - bytes / size.events) / (longPayload.length - payload.length),
        bytes: bytes / size.events,
        idle: null,
      };
    } finally {
      load.close();
    }
  }
}

/** What a fleet uses without clients, in µs per second. */
async function measureIdle(fleet: Fleet, { idle: { rest, seconds } }: ScalingSize) {
  await sleep(rest * 1000);
  const before = fleet.read();
  await sleep(seconds * 1000);
  const { servers, broker } = fleet.usedSince(before);
  return { servers: sum(servers) / seconds, broker: broker / seconds };
}

/** Three processes: one with members of a silent room, and two that share busy rooms. */
async function* measureBystander(
  server: ScalingServer,
  { size, cores }: ScalingPlan,
): AsyncGenerator<Unlabelled<BystanderRun>> {
  const fleet = await Fleet.start(server, 3, cores);
  const silent = new RoomLoad(fleet.ports.slice(0, 1), "silent");
  const busy = new RoomLoad(fleet.ports.slice(1), "busy");
  try {
    await silent.open(place(1, size.members, 1, 1));
    await busy.open(place(size.rooms, 2, 2, 2));
    await busy.warmUp(size.warmUp * 3, payload);
    for (const rate of size.foreignRates) {
      const before = fleet.read();
      const startedAt = performance.now();
      const events = Math.round(rate * size.foreignSeconds);
      if (events === 0) await busy.rest(size.foreignSeconds * 1000);
      else await busy.run(events, rate, payload);
      const seconds = (performance.now() - startedAt) / 1000;
      const [own = 0] = fleet.usedSince(before).servers;
      yield { offered: rate, rate: events / seconds, cpu: own / seconds };
    }
  } finally {
    silent.close();
    busy.close();
    await fleet.stop();
  }
}

function describeRun({
  processes,
  spread,
  deliveries,
  events,
  seconds,
  cpu,
  copies,
}: Unlabelled<ScalingRun>) {
  const each = (microseconds: number) => (microseconds / deliveries).toFixed(1).padStart(6);
  return (
    `${processes} processes, members on ${spread}:`.padEnd(30) +
    `${copies.toFixed(2).padStart(6)} copies from the broker` +
    `${each(cpu.servers)} µs for each delivery in the servers${each(cpu.broker)} in the broker, ` +
    `${Math.round(events / seconds)} events/s`
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
