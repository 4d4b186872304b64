/** What a server tells of itself in numbers. */

import type { QueueStats } from "../backplane/bus/queue-health.ts";
import type { Counters } from "../engine/counters.ts";

/** How many there are now, and what has been counted since the server was made. */
export interface Stats extends Readonly<Counters> {
  /** Connections that are there. */
  readonly connections: number;
  /** How many times `connect` handlers and `allowRequest` are deciding over clients. */
  readonly handshakes: number;
  /** Clients that are there: connections without those that only wait for their last packets to be taken. */
  readonly clients: number;
  /** The message queue as this process sees it. */
  readonly queue: QueueStats;
}
