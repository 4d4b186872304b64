/**
 * The life of a server, which begins once and ends once:
 *
 *     idle ── run() ──▶ running ── drain() ──▶ draining ── all clients gone ──▶ stopped
 *       ▲                  │
 *       └── run() failed ──┘        stop() leads from every state to stopped
 *
 * An idle server may serve clients already, on servers that the application listens with itself.
 */

import { RoomcastError } from "../../base/errors.ts";
import type { Log } from "../../base/log/log.ts";
import { type ResolvedOptions, resolveOptions } from "../../base/options.ts";
import type { Clock } from "../../base/time/clock.ts";
import { findContext, runOutsideContext } from "../../context/handler-context.ts";
import type { Hub } from "../../core/hub.ts";
import type { Engine } from "../../engine/engine.ts";
import type { DebugLog } from "../../observe/debug-log.ts";
import type { ClusterSetup } from "../cluster/cluster-setup.ts";
import { isWorker, tellListening } from "../cluster/worker-process.ts";
import type { NamespaceFactory } from "../handlers/namespace-factory.ts";
import type { RunningHandlers } from "../handlers/running-handlers.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { type DrainOptions, drainOptions, type SettledDrainOptions } from "../options/drain-options.ts";
import type { runOptions } from "../options/run-options.ts";
import type { LatePresence } from "../presence/late-presence.ts";
import type { BackgroundTasks } from "./background-tasks.ts";
import { Drain } from "./drain.ts";
import type { HttpHost } from "./http-host.ts";
import type { RunningAddress } from "./http-listener.ts";
import { processSignals } from "./signals.ts";
import type { Workers } from "./workers.ts";

/** The parts of a server that begin and end with it. */
export interface ServerParts {
  readonly hub: Hub;
  readonly engine: Engine;
  readonly cluster: ClusterSetup;
  readonly namespaces: NamespaceFactory;
  readonly handlers: RunningHandlers;
  readonly tasks: BackgroundTasks;
  readonly presence: LatePresence;
  readonly host: HttpHost;
  readonly debugLog: DebugLog;
  readonly metrics: ServerMetrics;
  readonly logger: Log;
  readonly clock: Clock;
}

export type ServerState = "idle" | "running" | "draining" | "stopped";

/** How long clients may take to say goodbye when the server stops, in ms. */
const goodbyeTimeout = 1000;
/** How long a stopping server waits for handlers and tasks that still run, in ms. */
const handlerTimeout = 5000;

/** Starts a server and ends it. */
export class ServerLifecycle {
  readonly #parts: ServerParts;
  /** The address, from `run()` on; `null` again when that failed. */
  #running: Promise<RunningAddress> | null = null;
  /** The end of `drain()`. */
  #drained: Promise<void> | null = null;
  /** The end of `stop()`, which `drain()` comes to as well. */
  #stopped: Promise<void> | null = null;
  #isListening = false;
  #drain: Drain | null = null;
  /** Closes what `run()` has opened. */
  #close: (() => Promise<void>) | null = null;
  #workers: Workers | null = null;
  #ignoreSignals: (() => void) | null = null;
  /** What has to be there before the server listens. */
  readonly #preparations: Promise<unknown>[] = [];

  /** @param parts - the parts of the server */
  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  get state(): ServerState {
    if (this.#stopped !== null) return "stopped";
    if (this.#drained !== null) return "draining";
    return this.#running === null ? "idle" : "running";
  }

  /** Whether `run()` has come to listen. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Whether new clients are served. */
  get isReady(): boolean {
    const { cluster, host } = this.#parts;
    // The other processes never reach clients of this one, so it should not get more of them.
    if (!cluster.isReady) return false;
    return (host.isServing || this.#isListening) && (this.state === "idle" || this.state === "running");
  }

  /**
   * Refuses a call that comes too late, after the server has begun to run.
   *
   * @param what - the method that was called
   * @throws {@link RoomcastError} `ERR_STATE`
   */
  requireIdle(what: string): void {
    if (this.state === "idle") return;
    throw new RoomcastError(
      "ERR_STATE",
      `${what} was called on a server that runs already, or has been stopped.`,
    );
  }

  /** Waits for something before the server listens; `run()` rejects where it does. */
  prepare(preparation: Promise<unknown>): void {
    this.#preparations.push(preparation);
  }

  /**
   * Starts to serve, here or in workers.
   *
   * @returns where the server listens
   * @throws {@link RoomcastError} as `SocketIO.run()` does
   */
  async run(options: ResolvedOptions<typeof runOptions>): Promise<RunningAddress> {
    this.requireIdle("run()");
    this.#parts.host.expectNoWarning();
    // Node runs requests in the context in which a server began to listen.
    this.#running = runOutsideContext(() => this.#start(options));
    try {
      return await this.#running;
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }

  /** Sends the clients away one after the other, then stops. */
  drain(options: SettledDrainOptions): Promise<void> {
    this.#exemptCaller();
    if (this.#stopped !== null) return this.#drained ?? this.#stopped;
    this.#drained ??= this.#sendAway(options);
    return this.#drained;
  }

  /** Ends everything: clients, handlers and tasks have a few seconds to come to their end. */
  stop(): Promise<void> {
    this.#exemptCaller();
    this.#stopped ??= this.#end(handlerTimeout);
    this.#drain?.hurry();
    return this.#stopped;
  }

  /** The application closes itself, and would wait for the clients to leave. */
  async endWithApplication(): Promise<void> {
    // Where stop() closes the application, the clients have left.
    if (this.#stopped !== null) return;
    this.#close = null;
    await this.stop();
  }

  async #start(options: ResolvedOptions<typeof runOptions>): Promise<RunningAddress> {
    const { cluster, namespaces, host, debugLog, metrics, logger, clock } = this.#parts;
    const { workers, signals } = options;
    if (options.debug !== false) debugLog.start(options.debug === "payloads");
    if (workers !== null && host.runtime === "bun") {
      throw new RoomcastError(
        "ERR_OPTION",
        "The option workers needs Node's processes. On Bun, start the program several times, with a messageQueue.",
      );
    }
    if (workers !== null && !isWorker()) return this.#startWorkers(workers, signals);
    await Promise.all(this.#preparations);
    await cluster.opened();
    await cluster.connection?.serve(namespaces.hasRecovery);
    const worker = isWorker() ? await import("../metrics/worker-metrics.ts") : null;
    const { address, close } = await host.listen(options);
    this.#close = close;
    this.#isListening = true;
    this.#watchSignals(signals);
    if (worker !== null) {
      metrics.readTogether(new worker.WorkerMetrics(metrics, process, clock));
      tellListening(address);
    } else {
      logger.info(`Roomcast is listening on ${address.url} (async mode: ${host.runtime})`, {
        type: "listening",
        url: address.url,
        asyncMode: host.runtime,
      });
    }
    return address;
  }

  /** Lets workers serve in place of this process. */
  async #startWorkers(workers: number | "auto", signals: boolean | DrainOptions): Promise<RunningAddress> {
    const { cluster, namespaces, host, logger } = this.#parts;
    // Each worker would find out the same, and end.
    await cluster.opened();
    if (cluster.connection === null && namespaces.hasRecovery) {
      logger.warn(
        "Without a messageQueue each worker has its own memory of lost clients: a client that comes back to another worker starts over. " +
          'To have them come back to any: new SocketIO(app, { messageQueue: "redis://…" }), or "nats://…".',
        { type: "recovery not shared" },
      );
    }
    const { workerPool } = await import("./worker-pool.ts");
    const drainTimeout = drainOptionsOf(signals).timeout;
    const pool = await workerPool(workers, drainTimeout, this.#parts);
    this.#close = () => pool.stop();
    const address = await pool.start();
    this.#workers = pool;
    this.#isListening = true;
    this.#watchSignals(signals);
    logger.info(
      `Roomcast is listening on ${address.url} (async mode: ${host.runtime}, workers: ${pool.count})`,
      {
        type: "listening",
        url: address.url,
        asyncMode: host.runtime,
        workers: pool.count,
      },
    );
    return address;
  }

  async #sendAway(options: SettledDrainOptions): Promise<void> {
    const { engine, hub, clock } = this.#parts;
    const end = clock.now() + options.timeout;
    engine.refuseClients();
    this.#parts.cluster.stopWaiting();
    await this.#running?.catch(() => {});
    if (this.#stopped === null) {
      this.#drain = new Drain(hub.clients.all(), options, clock);
      await this.#drain.finished;
    }
    this.#stopped ??= this.#end(Math.max(0, end - clock.now()));
    await this.#stopped;
  }

  async #end(timeout: number): Promise<void> {
    const { engine, hub, cluster, handlers, tasks, presence, host, debugLog, metrics, clock } = this.#parts;
    const end = clock.now() + timeout;
    const left = () => Math.max(0, end - clock.now());
    host.expectNoWarning();
    const tasksEnded = tasks.stop();
    // A signal may have reached the workers too: those that end now are not replaced.
    this.#workers?.expectEnd();
    this.#ignoreSignals?.();
    cluster.stopWaiting();
    // A server can be closed when it has come to listen. If it fails to, run() tells its caller why.
    await this.#running?.catch(() => {});
    // Handlers that run can still answer their clients; those of `disconnect` run when the clients are told
    // to go.
    engine.refuseClients();
    await handlers.settled(left());
    await cluster.connection?.delivered();
    await engine.close(goodbyeTimeout);
    await handlers.settled(left());
    await new Promise<void>((resolve) => {
      const timer = clock.after(left(), resolve, true);
      void tasksEnded.then(() => {
        timer.cancel();
        resolve();
      });
    });
    presence.close();
    try {
      await cluster.connection?.close();
    } finally {
      hub.namespaces.close();
      host.endWaiting();
      await this.#close?.();
      host.detach();
      debugLog.stop();
      await metrics.stop();
    }
  }

  /** A handler that waits for the end of the server is not waited for. */
  #exemptCaller(): void {
    const context = findContext();
    // Its client does not have to stay for it, either.
    if (context !== undefined && this.#parts.handlers.exempt(context)) context.socket.running -= 1;
  }

  #watchSignals(signals: boolean | DrainOptions): void {
    if (signals === false) return;
    const options = drainOptionsOf(signals);
    const { hub, logger } = this.#parts;
    this.#ignoreSignals = processSignals.add({
      drain: () => {
        const { size } = hub.clients;
        logger.info(`SIGTERM: disconnecting ${size} ${size === 1 ? "client" : "clients"}`, {
          type: "draining",
          clients: size,
        });
        return this.drain(options);
      },
      stop: () => this.stop(),
    });
  }
}

/** How a signal drains the server. */
function drainOptionsOf(signals: boolean | DrainOptions): SettledDrainOptions {
  return resolveOptions(drainOptions, typeof signals === "boolean" ? {} : signals, 'the option "signals"');
}
