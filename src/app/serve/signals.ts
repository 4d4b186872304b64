/**
 * Ends the running servers when their process gets a signal: SIGTERM drains them, SIGINT stops them, and a
 * second signal ends the process at once. Where the application listens to the signal too, it decides when
 * the process ends. A worker that is ending takes SIGTERM as a reminder: the process that forked it sends one
 * even where the signal went to all processes of the program, as systemd and terminals send it.
 */

import { constants } from "node:os";
import { isWorker } from "../cluster/worker-process.ts";

/** A server that runs. */
export interface Stoppable {
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** The part of a process that is needed here. */
export interface SignalSource {
  on(signal: Signal, listener: (signal: Signal) => void): unknown;
  off(signal: Signal, listener: (signal: Signal) => void): unknown;
  listenerCount(signal: Signal): number;
  exit(code: number): void;
}

const signals = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof signals)[number];

/** The servers of a process, which share one listener. */
export class SignalWatch {
  readonly #process: SignalSource;
  readonly #isWorker: () => boolean;
  readonly #servers = new Set<Stoppable>();
  #isEnding = false;

  /**
   * @param source - the process
   * @param worker - whether the process is a worker, which another process ends
   */
  constructor(source: SignalSource, worker: () => boolean) {
    this.#process = source;
    this.#isWorker = worker;
  }

  /** Adds a server; the returned function takes it away again. */
  add(server: Stoppable): () => void {
    if (this.#servers.size === 0) for (const signal of signals) this.#process.on(signal, this.#onSignal);
    this.#servers.add(server);
    return () => {
      if (!this.#servers.delete(server) || this.#servers.size > 0 || this.#isEnding) return;
      for (const signal of signals) this.#process.off(signal, this.#onSignal);
    };
  }

  readonly #onSignal = (signal: Signal) => {
    const interrupted = 128 + constants.signals[signal];
    if (this.#isEnding) {
      if (signal === "SIGTERM" && this.#isWorker()) return;
      this.#process.exit(interrupted);
      return;
    }
    this.#isEnding = true;
    const isAlone = this.#process.listenerCount(signal) === 1;
    const ends = [...this.#servers].map((server) => (signal === "SIGTERM" ? server.drain() : server.stop()));
    void Promise.allSettled(ends).then(() => {
      this.#isEnding = false;
      for (const name of signals) this.#process.off(name, this.#onSignal);
      if (isAlone) this.#process.exit(signal === "SIGTERM" ? 0 : interrupted);
    });
  };
}

/** The watch of this process. */
export const processSignals = new SignalWatch(process, isWorker);
