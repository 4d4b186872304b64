/** A worker's side of the channel to the process that forked it. */

import type { Cluster } from "node:cluster";

/** The environment variable of processes that Roomcast has forked. */
export const workerVariable = "ROOMCAST_WORKER";

/** The environment variable with a random text that all workers of one process have in common. */
export const workerSecretVariable = "ROOMCAST_WORKER_SECRET";

/** Where a worker listens. */
export interface WorkerAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** A worker's message to the process that forked it. */
export interface Listening {
  readonly roomcastListening: WorkerAddress;
}

/** Tells the process that forked this one that it listens. */
export function tellListening(address: WorkerAddress): void {
  process.send?.({ roomcastListening: address } satisfies Listening);
}

/** Whether Roomcast has forked this process. */
export function isWorker(): boolean {
  return process.env[workerVariable] !== undefined && nodeCluster().isWorker;
}

/** The number of this worker, for the records of its log; nothing in any other process. */
export function workerRecord(): { readonly worker?: number } {
  const id = isWorker() ? nodeCluster().worker?.id : undefined;
  return id === undefined ? {} : { worker: id };
}

/**
 * Loads `node:cluster`, which few programs use. Its declarations do not know that the module is its default
 * export.
 */
export function nodeCluster(): Cluster {
  return process.getBuiltinModule("node:cluster") as unknown as Cluster;
}
