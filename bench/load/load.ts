/**
 * What a scenario works with: it opens connections, lets a phase run and measures the server while it runs. Runs in the
 * load generator's process.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type CpuReading, type CpuTime, cpuBetween, hasProc, readCpu } from "../system/process-usage.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool, type Handshakes } from "./connection-pool.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { Latencies } from "./latencies.ts";

/** How long is waited for messages that should not come, in ms. */
const surplusTime = 10;

/** What the process under test holds, in bytes. */
export interface Memory {
  readonly rss: number;
  /** What the language's own heap holds; `null` where the language does not tell. */
  readonly heap: number | null;
}

/** The server under test, as the load generator sees it. */
export interface ServerUnderTest {
  readonly pid: number;
  readonly port: number;
  readonly dialect: Dialect["name"];
  /** Has the server collect its garbage, and tells what is left. */
  memory(): Promise<Memory>;
  /** Asks the server what it has used; for systems that do not tell. */
  askCpu(): Promise<CpuTime>;
}

/** What came of a phase. */
export interface Outcome {
  /** How many messages were exchanged: all that were expected, and no more. */
  readonly messages: number;
  readonly seconds: number;
  /** The server's processor time of the whole phase, in microseconds. */
  readonly cpu: CpuTime;
  /** How much of one core the load generator used, from 0 to 1. Near 1 it was the bottleneck. */
  readonly generator: number;
  /** How long one message took, in ms, where there is an answer to wait for. */
  readonly latency: { readonly p50: number; readonly p99: number } | null;
  /** What each connection took of the server's memory, in bytes, where that was measured. */
  readonly memory?: Memory;
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
    // It is raced against whatever is awaited; on its own it is nobody's concern.
    this.#failure.catch(() => {});
    this.#pool = new ConnectionPool(server.port, this.dialect, fail);
  }

  /** Where the server listens. */
  get port(): number {
    return this.#server.port;
  }

  /** Opens connections, and waits until all are ready. */
  connect(count: number, handshakes?: Handshakes): Promise<Connection[]> {
    return this.settled(this.#pool.connect(count, handshakes));
  }

  /** Says goodbye on a connection, and waits for its end. */
  close(connection: Connection): Promise<void> {
    return this.#pool.close(connection);
  }

  /** Waits for a promise, or for a connection to be lost. */
  settled<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failure]);
  }

  /** What the server holds when its garbage is gone. */
  memory(): Promise<Memory> {
    return this.settled(this.#server.memory());
  }

  /**
   * Runs a phase and measures the server meanwhile.
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
    // Messages that nobody asked for would come now, and end the run.
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
