/**
 * The tools of a scenario: it opens connections, runs a phase and measures the server while the phase runs.
 * Part of the load generator's process.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type CpuReading, type CpuTime, cpuBetween, hasProc, readCpu } from "../system/process-usage.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool, type Handshakes } from "./connection-pool.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { Latencies } from "./latencies.ts";

/** How long to wait for messages that should not come, in ms. */
const surplusTime = 10;

/** The memory of the server process, in bytes. */
export interface Memory {
  readonly rss: number;
  /** The heap of the language; `null` if the language does not report it. */
  readonly heap: number | null;
}

/** The server under test, as the load generator sees it. */
export interface ServerUnderTest {
  readonly pid: number;
  readonly port: number;
  readonly dialect: Dialect["name"];
  /** Collects the server's garbage, and reports the rest of its memory. */
  memory(): Promise<Memory>;
  /** Asks the server for its processor time, on systems that do not report it. */
  askCpu(): Promise<CpuTime>;
}

/** The result of a phase. */
export interface Outcome {
  /** How many messages were exchanged: exactly the expected number. */
  readonly messages: number;
  readonly seconds: number;
  /** The server's processor time in the whole phase, in µs. */
  readonly cpu: CpuTime;
  /** How much of one core the load generator used, from 0 to 1. Near 1 it was the bottleneck. */
  readonly generator: number;
  /** The latency of a message in ms, if there is an answer to wait for. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly p999: number } | null;
  /** The server's memory for each connection in bytes, if it was measured. */
  readonly memory?: Memory;
  /** How many messages per second were asked for, where the load has a rate of its own. */
  readonly offered?: number;
}

/** One run's connections and measurements. */
export class Load {
  readonly dialect: Dialect;
  readonly #server: ServerUnderTest;
  readonly #pool: ConnectionPool;
  readonly #failure: Promise<never>;

  constructor(server: ServerUnderTest) {
    this.#server = server;
    this.dialect = dialects[server.dialect];
    let fail: (error: Error) => void = () => {};
    this.#failure = new Promise((_, reject) => {
      fail = reject;
    });
    // Every wait races against it, so a rejection without a wait is no error.
    this.#failure.catch(() => {});
    this.#pool = new ConnectionPool(server.port, this.dialect, fail);
  }

  /** The port of the server. */
  get port(): number {
    return this.#server.port;
  }

  /** Opens connections, and waits until all are ready. */
  connect(count: number, handshakes?: Handshakes): Promise<Connection[]> {
    return this.settled(this.#pool.connect(count, handshakes));
  }

  /** Closes a connection as a client does, and waits for its end. */
  close(connection: Connection): Promise<void> {
    return this.#pool.close(connection);
  }

  /** Waits for a promise; rejects when a connection is lost. */
  settled<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failure]);
  }

  /** The server's memory after garbage collection. */
  memory(): Promise<Memory> {
    return this.settled(this.#server.memory());
  }

  /**
   * Runs a phase, and measures the server while it runs.
   *
   * @param messages - how many messages the phase exchanges
   * @param phase - exchanges them
   */
  async measure(messages: number, phase: (latencies: Latencies) => Promise<void>): Promise<Outcome> {
    const latencies = new Latencies(messages);
    const serverBefore = await this.#readServer();
    const own = process.cpuUsage();
    const startedAt = performance.now();
    await this.settled(phase(latencies));
    const milliseconds = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(own);
    const serverAfter = await this.#readServer();
    // Unexpected messages would come now, and fail the run.
    await this.settled(sleep(surplusTime));
    return {
      messages,
      seconds: milliseconds / 1000,
      cpu: cpuBetween(serverBefore, serverAfter),
      generator: (user + system) / (milliseconds * 1000),
      latency: latencies.percentiles(),
    };
  }

  /** Drops all connections. */
  end(): void {
    this.#pool.drop();
  }

  async #readServer(): Promise<CpuReading> {
    if (hasProc) return readCpu(this.#server.pid);
    return { coarse: await this.#server.askCpu(), exact: null };
  }
}
