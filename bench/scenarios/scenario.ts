/** The interface of a scenario. */

import type { Load, Outcome } from "../load/load.ts";

/** The counts of a run. */
export interface Size {
  readonly connections: number;
  /** How many messages are measured, in the scenario's unit. */
  readonly messages: number;
  /**
   * How many messages run first, for compilers, caches and the size of the heap to settle. On a shared
   * processor, the first use of a memory page can cost as much as several messages.
   */
  readonly warmUp: number;
  /** How many rooms there are. */
  readonly rooms?: number;
  /** How many rooms each connection is in. */
  readonly roomsPerConnection?: number;
  /** How many events are pending at once, if not one for each connection. */
  readonly window?: number;
  /** How many messages are sent per second, where the load has a rate of its own. */
  readonly rate?: number;
}

/** One kind of load. */
export interface Scenario {
  readonly name: string;
  /** A description in one line. */
  readonly description: string;
  /** The name of one counted message, and its plural. */
  readonly unit: string;
  readonly units: string;
  /** The metric that matters most here. */
  readonly metric: "cpu" | "memory" | "latency";
  /** Whether it needs Socket.IO, so that the floor servers cannot run it. */
  readonly socketIoOnly?: boolean;
  /**
   * Whether it is about a server that has served nothing yet. Then every server gets the full count, and no
   * second run.
   */
  readonly isCold?: boolean;
  /** Whether its messages are compressed: servers are started so, and only those that can run it. */
  readonly compresses?: boolean;
  /** Its rate: a share of the highest rate that the reference reaches in another scenario. */
  readonly paced?: { readonly by: Scenario; readonly share: number };
  readonly sizes: Readonly<Record<"full" | "quick", Size>>;
  /** Puts the load on a server. `messages` of the result is the measured number. */
  run(load: Load, size: Size): Promise<Outcome>;
}

/** The default text of events. */
export const payload = "x".repeat(100);
