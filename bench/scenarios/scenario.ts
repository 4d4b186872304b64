/** What a scenario is. */

import type { Load, Outcome } from "../load/load.ts";

/** How much of it there is. */
export interface Size {
  readonly connections: number;
  /** Messages that are measured, in the scenario's unit. */
  readonly messages: number;
  /**
   * Messages before that, for compilers, caches and the heap's size to settle: where the processor is shared, a page of memory
   * that is used for the first time can cost as much as several messages.
   */
  readonly warmUp: number;
  /** How many rooms there are. */
  readonly rooms?: number;
  /** How many rooms each connection is in. */
  readonly roomsPerConnection?: number;
  /** How many events are under way at once, where that is not one for each connection. */
  readonly window?: number;
}

/** One kind of load. */
export interface Scenario {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** What is counted, in the singular and the plural. */
  readonly unit: string;
  readonly units: string;
  /** What matters most here. */
  readonly metric: "cpu" | "memory";
  /** Whether it needs Socket.IO, so that the floors have no part in it. */
  readonly socketIoOnly?: boolean;
  readonly sizes: Readonly<Record<"full" | "quick", Size>>;
  /** Puts the load on a server. The count of messages that comes back is the one that was measured. */
  run(load: Load, size: Size): Promise<Outcome>;
}

/** Characters of the text that events carry unless a scenario says otherwise. */
export const payload = "x".repeat(100);
