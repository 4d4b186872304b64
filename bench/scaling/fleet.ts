/** Several processes of one server and their broker: started, measured and stopped together. */

import { serverEnvironment } from "../processes/bench-run.ts";
import { ServerProcess } from "../processes/server-process.ts";
import { type Cores, pinned } from "../system/cores.ts";
import { type CpuReading, cpuBetween, readCpu } from "../system/process-usage.ts";
import { BrokerProcess } from "./broker-process.ts";
import type { ScalingServer } from "./scaling-servers.ts";

/** The processor time of each process at one moment. */
export interface FleetReading {
  readonly servers: readonly CpuReading[];
  readonly broker: CpuReading;
}

/** Processor time between two readings in µs, user and system. */
export interface FleetCpu {
  /** One number for each process. */
  readonly servers: readonly number[];
  readonly broker: number;
}

/** Several processes of one server, and their broker. */
export class Fleet {
  readonly broker: BrokerProcess;
  readonly #servers: readonly ServerProcess[];

  private constructor(broker: BrokerProcess, servers: readonly ServerProcess[]) {
    this.broker = broker;
    this.#servers = servers;
  }

  /**
   * Starts a fleet, with all its processes on the core for servers.
   *
   * @throws Error when a process does not start; then none is left running
   */
  static async start(server: ScalingServer, processes: number, { server: core }: Cores): Promise<Fleet> {
    const cores = core === null ? [] : [core];
    const broker = await BrokerProcess.start(server.broker, cores);
    const started = await Promise.allSettled(
      Array.from({ length: processes }, () =>
        ServerProcess.start(pinned(server.command(broker.url), cores), serverEnvironment),
      ),
    );
    const fleet = new Fleet(
      broker,
      started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    );
    const failure = started.find((result) => result.status === "rejected");
    if (failure === undefined) return fleet;
    await fleet.stop();
    throw failure.reason;
  }

  /** The ports of the processes. */
  get ports(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** The versions in use. */
  get versions(): readonly string[] {
    return this.#servers[0]?.versions ?? [];
  }

  /** Reads all clocks. */
  read(): FleetReading {
    return { servers: this.#servers.map(({ pid }) => readCpu(pid)), broker: readCpu(this.broker.pid) };
  }

  /** The processor time since a reading. */
  usedSince(before: FleetReading): FleetCpu {
    const now = this.read();
    return {
      servers: before.servers.map((reading, index) => between(reading, now.servers[index] ?? reading)),
      broker: between(before.broker, now.broker),
    };
  }

  /** Stops all processes. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
    await this.broker.stop();
  }
}

function between(before: CpuReading, after: CpuReading): number {
  const { user, system } = cpuBetween(before, after);
  return user + system;
}
