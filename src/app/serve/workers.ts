/**
 * Forks worker processes that serve on one port. Workers run the program from its beginning. The process that
 * forks them serves no clients itself, passes their messages on to each other, and replaces workers that end.
 */

import type { Worker } from "node:cluster";
import { availableParallelism } from "node:os";
import { RoomcastError } from "../../base/errors.ts";
import { generateId } from "../../base/id.ts";
import type { Log } from "../../base/log/log.ts";
import type { Clock } from "../../base/time/clock.ts";
import {
  type Listening,
  nodeCluster,
  type WorkerAddress,
  workerSecretVariable,
  workerVariable,
} from "../cluster/worker-process.ts";

/** A worker that ends earlier than this, in ms, could not work: the next one waits longer. */
const shortLife = 5000;
/** The longest pause before a worker is replaced, in ms. */
const longestPause = 10_000;
/** How much longer than draining a worker may take to end, in ms. */
const endGrace = 5000;

/** How many workers `"auto"` stands for: as many as can run at the same time. */
export function workerCount(workers: "auto" | number): number {
  return workers === "auto" ? availableParallelism() : workers;
}

/** The workers of this process. */
export class Workers {
  readonly #cluster = nodeCluster();
  readonly #count: number;
  readonly #endTimeout: number;
  readonly #clock: Clock;
  readonly #logger: Log;
  readonly #onFork: (worker: Worker) => void;
  readonly #workers = new Set<Worker>();
  /** Signs what one worker gives a browser and another one gets back. */
  readonly #secret = generateId() + generateId();
  #isStopping = false;
  #shortLives = 0;

  /**
   * @param options - `count`: how many; `drainTimeout`: how long they may drain, in ms
   * @param clock - where time comes from
   * @param logger - where to write about workers that end
   * @param onFork - called with each worker, before it runs
   */
  constructor(
    { count, drainTimeout }: { readonly count: number; readonly drainTimeout: number },
    clock: Clock,
    logger: Log,
    onFork: (worker: Worker) => void,
  ) {
    this.#count = count;
    this.#endTimeout = drainTimeout + endGrace;
    this.#clock = clock;
    this.#logger = logger;
    this.#onFork = onFork;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Forks the workers.
   *
   * @returns where they listen, when all of them do
   * @throws {@link RoomcastError} `ERR_LISTEN` when one ends before that
   */
  async start(): Promise<WorkerAddress> {
    // Bytes travel as bytes.
    this.#cluster.setupPrimary({ serialization: "advanced" });
    const listening = Array.from({ length: this.#count }, () => listens(this.#fork()));
    try {
      const [address] = await Promise.all(listening);
      if (address === undefined) throw new Error("no workers");
      for (const worker of this.#workers) this.#watch(worker, this.#clock.now());
      return address;
    } catch (error) {
      await Promise.all([this.stop(), Promise.allSettled(listening)]);
      throw error;
    }
  }

  /** Workers that end from now on are not replaced. */
  expectEnd(): void {
    this.#isStopping = true;
  }

  /** Asks all workers to end, and ends those that take too long. */
  async stop(): Promise<void> {
    this.expectEnd();
    const ends = [...this.#workers].map((worker) => this.#end(worker));
    await Promise.all(ends);
  }

  #fork(): Worker {
    const worker = this.#cluster.fork({
      [workerVariable]: "1",
      [workerSecretVariable]: this.#secret,
    });
    this.#workers.add(worker);
    worker.once("exit", () => this.#workers.delete(worker));
    this.#onFork(worker);
    return worker;
  }

  /** Replaces a worker when it ends. */
  #watch(worker: Worker, since: number): void {
    const onExit = (code: number | null, signal: string | null) => {
      if (this.#isStopping) return;
      const lived = this.#clock.now() - since;
      this.#shortLives = lived < shortLife ? this.#shortLives + 1 : 0;
      const pause = this.#shortLives === 0 ? 0 : Math.min(100 * 2 ** this.#shortLives, longestPause);
      this.#logger.error(
        `A worker ended (${signal === null ? `exit code ${code}` : signal}) and is replaced${pause === 0 ? "" : ` in ${pause} ms`}.`,
        { type: "worker ended", worker: worker.id, exitCode: code, signal, pause },
      );
      this.#clock.after(
        pause,
        () => {
          if (!this.#isStopping) this.#watch(this.#fork(), this.#clock.now());
        },
        true,
      );
    };
    if (worker.isDead()) onExit(worker.process.exitCode, worker.process.signalCode);
    else worker.once("exit", onExit);
  }

  #end(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      if (worker.isDead()) {
        resolve();
        return;
      }
      const kill = () => {
        this.#logger.error(`A worker takes longer than ${this.#endTimeout} ms to end and is killed.`, {
          type: "worker killed",
          worker: worker.id,
          timeout: this.#endTimeout,
        });
        worker.process.kill("SIGKILL");
      };
      const timer = this.#clock.after(this.#endTimeout, kill, true);
      worker.once("exit", () => {
        timer.cancel();
        resolve();
      });
      worker.process.kill("SIGTERM");
    });
  }
}

/** Resolves to where a worker listens. */
function listens(worker: Worker): Promise<WorkerAddress> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: Partial<Listening> | null) => {
      if (typeof message?.roomcastListening === "object") resolve(message.roomcastListening);
    });
    worker.once("exit", (code: number | null, signal: string | null) => {
      reject(
        new RoomcastError(
          "ERR_LISTEN",
          `A worker ended before it listened (${signal === null ? `exit code ${code}` : signal}). What it printed says why.`,
        ),
      );
    });
  });
}
