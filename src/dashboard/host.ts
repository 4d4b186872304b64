/** What the dashboard needs of its server. */

import type { QueueStats } from "../backplane/bus/queue-health.ts";
import type { Log } from "../base/log/log.ts";
import type { Clock } from "../base/time/clock.ts";
import type { Hub } from "../core/hub.ts";
import type { Counters } from "../engine/counters.ts";
import type { Metric } from "../observe/metrics/metric.ts";

/** What a process of the cluster answered, or why it did not. */
export type ProcessReply =
  | { readonly label: string; readonly value: unknown }
  | { readonly label: string; readonly problem: string };

/** What all other processes answered. */
export interface ProcessReplies {
  readonly replies: readonly ProcessReply[];
  /** The names of processes that did not answer in time. */
  readonly missing: readonly string[];
}

/** See the head of this file. */
export interface DashboardHost {
  readonly hub: Hub;
  readonly logger: Log;
  readonly clock: Clock;
  /** The name of this process for people. */
  readonly label: string;
  /** Whether new clients are served. */
  isReady(): boolean;
  /** How many clients are being accepted. */
  handshakes(): number;
  counters(): Counters;
  /** What this process has counted and measured. */
  metrics(): readonly Metric[];
  /** The connection to the message queue. */
  queue(): QueueStats;
  /**
   * Asks the other processes; `null` where there are none.
   *
   * @param timeout - how long they may take, in ms
   * @param wantsOne - whether the first answer that is not `null` is enough: a process that hangs delays
   *   nothing then
   */
  ask(question: object, timeout: number, wantsOne: boolean): Promise<ProcessReplies> | null;
  /** Tells the other processes, if there are any. */
  tell(message: object): void;
}
