/** How much waits for a client that takes its packets slowly, and how much may. */

import type { Deadline } from "../../base/time/deadline-queue.ts";
import type { SlowConnection } from "../connection-timers.ts";
import type { Batch } from "./batch.ts";

/**
 * While more than this waits in a transport, in bytes, packets wait here: there, each write costs some
 * hundred bytes beside its own, and here they become one.
 */
export const heldBeyond = 16 * 1024;

/** What a packet costs at least while it waits, in bytes. */
const packetCost = 160;

/** What waits for one client. It is made when packets wait for the first time. */
export class Backlog {
  /** When to try again, where the transport does not tell; `null` where that was never so. */
  retry: Deadline<SlowConnection> | null = null;
  /** The weight of what earlier ticks could not send. */
  #weight = 0;
  /**
   * What may wait beyond the limit: the size of what was sent at once while less waited. Large messages are
   * no fault.
   */
  #allowance = 0;

  /**
   * Counts what waits at the end of a tick.
   *
   * @param batch - the packets of this tick and of those before that could not be sent
   * @param isHeld - whether the batch has to wait on
   * @param untaken - the bytes that the transport holds
   * @param limit - the most bytes that may wait
   * @returns the bytes that wait where these are too many, 0 where they are not
   */
  excess(batch: Batch, isHeld: boolean, untaken: number, limit: number): number {
    const held = isHeld ? this.#weight : 0;
    const weight = Math.max(batch.size, packetCost * batch.length);
    // What this tick adds does not count yet: the client had no time to take it.
    const waiting = untaken + held;
    if (waiting <= limit) {
      const added = weight - held;
      this.#allowance = added > limit ? added : 0;
    } else if (waiting > limit + this.#allowance) {
      return waiting;
    }
    this.#weight = isHeld ? weight : 0;
    return 0;
  }
}
