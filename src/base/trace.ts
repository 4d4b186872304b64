/**
 * What happens in a server, told as typed data. Logs, metrics and debugging listen here; with no listener an
 * event costs one comparison, because callers ask `active` before they build it.
 */

import { channel } from "node:diagnostics_channel";
import { onRejection, throwLater } from "./foreign-value.ts";
import { ServerOperations } from "./tracing/tracing-channels.ts";

/** Why something that a client sent does not fit the contract. */
export interface TraceIssue {
  readonly message: string;
  /** Where in the value; with several values, the first key is the place in their list. */
  readonly path: readonly (string | number)[];
}

/**
 * Everything that a server tells of itself. `connection` is an Engine.IO connection, or `null` where the
 * application did something for no client in particular; `sid` is a client's public id.
 */
export type TraceEvent =
  | { type: "connection open"; connection: number; transport: string; address: string }
  | { type: "connection upgrade"; connection: number; transport: string }
  | { type: "connection close"; connection: number; reason: string; detail: string }
  | {
      type: "request refused";
      status: number;
      message: string;
      method: string;
      path: string;
      address: string;
    }
  | { type: "socket connect"; connection: number; sid: string; namespace: string; recovered: boolean }
  | { type: "socket refused"; connection: number; namespace: string; message: string }
  | { type: "socket disconnect"; connection: number; sid: string; namespace: string; reason: string }
  | { type: "recovery expired"; sid: string; namespace: string }
  | { type: "event received"; sid: string; namespace: string; event: string; args: readonly unknown[] }
  | { type: "event repeated"; sid: string; namespace: string; event: string }
  | {
      type: "event refused";
      sid: string;
      namespace: string;
      event: string;
      code: string;
      issues: readonly TraceIssue[];
    }
  | {
      type: "answer refused";
      sid: string;
      namespace: string;
      event: string;
      issues: readonly TraceIssue[];
    }
  | { type: "event without handler"; sid: string; namespace: string; event: string }
  | {
      type: "arguments missing";
      sid: string;
      namespace: string;
      event: string;
      expected: number;
      received: number;
    }
  | { type: "event ignored"; connection: number; namespace: string; message: string }
  | { type: "limit reached"; connection: number | null; namespace: string; limit: string }
  | {
      type: "event sent";
      namespace: string;
      event: string;
      args: readonly unknown[];
      to: string;
      clients: number;
    }
  | { type: "room joined"; sid: string; namespace: string; room: string }
  | { type: "room left"; sid: string; namespace: string; room: string }
  | { type: "room closed"; namespace: string; room: string }
  | { type: "backplane up"; bus: string }
  | { type: "backplane down"; bus: string; reason: string }
  | { type: "process joined"; node: string; label: string }
  | { type: "process left"; node: string; label: string; reason: string }
  | { type: "message ignored"; reason: string }
  | { type: "message dropped"; bytes: number }
  | { type: "message refused"; reason: string }
  | { type: "task started"; name: string }
  | { type: "task ended"; name: string };

/** Receives trace events. What it returns means nothing, but a promise that rejects is reported. */
export type TraceListener = (event: TraceEvent) => unknown;

/** The `node:diagnostics_channel` on which every server of the process publishes its {@link TraceEvent}s. */
export const traceChannelName = "roomcast:trace";

const processChannel = channel(traceChannelName);

/** One server's stream of trace events, and its traced operations. */
export class Trace {
  readonly operations: ServerOperations;
  readonly #listeners = new Set<TraceListener>();
  readonly #report: (error: unknown) => void;

  /**
   * @param report - told what a listener throws or rejects with, which must not disturb what it listens to.
   *   Default: it is uncaught
   */
  constructor(report: (error: unknown) => void = throwLater) {
    this.#report = report;
    this.operations = new ServerOperations(report);
  }

  /** Whether anybody listens. Ask before building an event. */
  get active(): boolean {
    return this.#listeners.size > 0 || processChannel.hasSubscribers;
  }

  /** Adds a listener; the returned function takes it away again. */
  listen(listener: TraceListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Hands an event to all listeners. */
  publish(event: TraceEvent): void {
    for (const listener of this.#listeners) {
      try {
        const result = listener(event);
        if (result !== undefined) onRejection(result, this.#report);
      } catch (error) {
        this.#report(error);
      }
    }
    if (processChannel.hasSubscribers) processChannel.publish(event);
  }
}
