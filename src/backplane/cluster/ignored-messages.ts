/**
 * Messages of other programs that are ignored: a trace event for each, and one line of the log for each kind.
 */

import type { LogRecord } from "../../base/log/log-record.ts";
import type { Trace } from "../../base/trace.ts";
import type { ClusterOwner } from "./ports.ts";

/** Learns of the bus, and once of each kind of message that is ignored. */
export interface ForeignOwner extends ClusterOwner {
  /** Tells the operator. */
  warn(message: string, record: LogRecord): void;
}

/** See the head of this file. */
export class IgnoredMessages {
  readonly #place: string;
  readonly #owner: ForeignOwner;
  readonly #trace: Trace;
  readonly #told = new Set<string>();

  /**
   * @param place - where the messages come from, for the log
   * @param owner - learns of each kind once
   * @param trace - learns of each message
   */
  constructor(place: string, owner: ForeignOwner, trace: Trace) {
    this.#place = place;
    this.#owner = owner;
    this.#trace = trace;
  }

  /**
   * Tells of a message.
   *
   * @param kind - the fault, one of a few texts that follow "since"
   * @param details - more about this message, for the trace event
   */
  tell(kind: string, details = kind): void {
    if (this.#trace.active) this.#trace.publish({ type: "message ignored", reason: details });
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    this.#owner.warn(
      `Something on ${this.#place} is ignored, since ${kind}. More of this kind is told of by trace events alone.`,
      { type: "message ignored", reason: kind },
    );
  }
}
