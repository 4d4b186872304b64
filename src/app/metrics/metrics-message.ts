/** Messages about metrics between a process and the workers that it forked. */

import type { Metric } from "../../observe/metrics/metric.ts";

/** One message. */
export type MetricsMessage =
  /** Asks a worker for its metrics, or the process that forked it for those of all. */
  | { readonly type: "read"; readonly id: number }
  /** Answers a question. */
  | { readonly type: "answer"; readonly id: number; readonly metrics: readonly Metric[] }
  /** The counts of a worker so far, in case that it ends. */
  | { readonly type: "state"; readonly metrics: readonly Metric[] };

/** The other end: a worker; in a worker, its own process. */
export interface MetricsPeer {
  readonly connected?: boolean | undefined;
  isConnected?(): boolean;
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: string, listener: (message: unknown) => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
}

/** Marks the messages among others that a program sends between its processes. */
interface MetricsEnvelope {
  readonly roomcastMetrics: MetricsMessage;
}

/**
 * Sends a message.
 *
 * @returns resolves when it has left, or never will: the other process is gone
 */
export function sendMetrics(peer: MetricsPeer, message: MetricsMessage): Promise<void> {
  return new Promise((resolve) => {
    const envelope: MetricsEnvelope = { roomcastMetrics: message };
    const isThere = peer.isConnected?.() ?? peer.connected !== false;
    if (peer.send === undefined || !isThere) resolve();
    else peer.send(envelope, () => resolve());
  });
}

/** Calls a listener with each message. The returned function removes it. */
export function hearMetrics(peer: MetricsPeer, listener: (message: MetricsMessage) => void): () => void {
  const take = (message: unknown) => {
    if (typeof message === "object" && message !== null && "roomcastMetrics" in message) {
      listener((message as MetricsEnvelope).roomcastMetrics);
    }
  };
  peer.on("message", take);
  return () => {
    peer.off("message", take);
  };
}
