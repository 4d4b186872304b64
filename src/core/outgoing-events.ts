/** Reports the events that this process sends to the application's listeners and to the trace. */

import { onRejection } from "../base/foreign-value.ts";
import type { Trace } from "../base/trace.ts";
import type { EventRules } from "./event-rules.ts";
import type { Target } from "./model/target.ts";

/** Called with each event that is sent, when it is on its way. */
export type OutgoingListener = (event: string, args: readonly unknown[], target: Target) => unknown;

/** Measures the events that this process sends. */
export interface OutgoingMeter {
  onSent(namespace: string, event: string): void;
}

/** What listeners need of the hub. */
export interface OutgoingEventsOwner {
  /** Reports an error of a listener. */
  report(error: unknown): void;
}

/** The events that this process sends, for listeners and the trace. */
export class OutgoingEvents {
  readonly #owner: OutgoingEventsOwner;
  readonly #trace: Trace;
  /** `null` while metrics are off. */
  meter: OutgoingMeter | null = null;
  /** `null` where the application has declared no contract. */
  rules: EventRules | null = null;
  /** `null` while there are none, so that an event costs one comparison. */
  #listeners: Set<OutgoingListener> | null = null;

  constructor(owner: OutgoingEventsOwner, trace: Trace) {
    this.#owner = owner;
    this.#trace = trace;
  }

  /** Whether there is a listener, or a listener to the trace. The meter is another matter. */
  get isWatched(): boolean {
    return this.#listeners !== null || this.#trace.active;
  }

  /** Whether the trace is read: only there the number of clients appears. */
  get isTraced(): boolean {
    return this.#trace.active;
  }

  /** Adds a listener. The returned function removes it. */
  listen(listener: OutgoingListener): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => {
      this.#listeners?.delete(listener);
      if (this.#listeners?.size === 0) this.#listeners = null;
    };
  }

  /**
   * An event was sent, which the meter is told elsewhere.
   *
   * @param clients - how many clients of this process it went to, for the trace
   */
  onSent(target: Target, event: string, args: readonly unknown[], clients: number): void {
    if (this.#listeners !== null) this.#tell(target, event, args);
    if (!this.#trace.active) return;
    const to = target.sid ?? target.rooms?.join(", ") ?? "everyone";
    this.#trace.publish({ type: "event sent", namespace: target.namespace, event, args, to, clients });
  }

  #tell(target: Target, event: string, args: readonly unknown[]): void {
    for (const listener of this.#listeners ?? []) {
      try {
        onRejection(listener(event, args, target), (error) => this.#owner.report(error));
      } catch (error) {
        this.#owner.report(error);
      }
    }
  }
}
