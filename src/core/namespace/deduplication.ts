/**
 * Handles an event once that a client sends several times.
 *
 * Stock clients with `retries` send an event until they have its acknowledgement. They mark which events are
 * the same: see {@link clientOffsetOf}.
 */

import { onRejection } from "../../base/foreign-value.ts";
import { isPlainObject } from "../../base/options.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import { type ReceivedBounds, ReceivedEvents } from "../socket/received-events.ts";
import type { Socket } from "../socket/socket.ts";
import type { NamespaceMeter } from "./namespace-meter.ts";
import type { Answer, NamespaceHandlers, Refusal } from "./open-namespace.ts";

/** How much is remembered of each client, and how repeated events are recognised. */
export interface DeduplicationSettings extends ReceivedBounds {
  /** Finds the id in an event's arguments; `null` for {@link clientOffsetOf}. */
  readonly id: ((event: string, args: readonly unknown[]) => unknown) | null;
}

/** What a namespace's deduplication needs of its server. */
export interface DeduplicationOwner {
  readonly clock: Clock;
  readonly trace: Trace;
  /** Reports an error of the application's function. */
  report(error: unknown): void;
}

/** Longer ids are ignored. */
const longestId = 200;

/** Calls handlers once for each event. */
export class Deduplication implements NamespaceHandlers {
  readonly #handlers: NamespaceHandlers;
  readonly #settings: DeduplicationSettings;
  readonly #owner: DeduplicationOwner;

  /**
   * @param handlers - the handlers of a namespace
   * @param settings - how much to remember, and how to recognise repeated events
   * @param owner - the server
   */
  constructor(handlers: NamespaceHandlers, settings: DeduplicationSettings, owner: DeduplicationOwner) {
    this.#handlers = handlers;
    this.#settings = settings;
    this.#owner = owner;
  }

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    this.#handlers.connect(socket, decide);
  }

  disconnect(socket: Socket, reason: DisconnectReason): void {
    this.#handlers.disconnect(socket, reason);
  }

  accepted(socket: Socket): void {
    this.#handlers.accepted?.(socket);
  }

  leaving(socket: Socket, reason: DisconnectReason): void {
    this.#handlers.leaving?.(socket, reason);
  }

  measure(meter: NamespaceMeter): void {
    this.#handlers.measure?.(meter);
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const id = this.#idOf(event, values);
    if (id === undefined) {
      this.#handlers.event(socket, event, values, answer);
      return;
    }
    const { clock, trace } = this.#owner;
    socket.received ??= new ReceivedEvents(this.#settings, clock);
    const first = socket.received.take(`${event.length} ${event}${id}`, answer);
    if (first !== null) {
      // The application did not ask for an id, so it gets the arguments without one.
      const args = this.#settings.id === null ? values.slice(0, -1) : values;
      this.#handlers.event(socket, event, args, first);
    } else if (trace.active) {
      trace.publish({ type: "event repeated", sid: socket.sid, namespace: socket.namespace, event });
    }
  }

  #idOf(event: string, values: readonly unknown[]): string | undefined {
    const { id } = this.#settings;
    let found: unknown;
    try {
      found = id === null ? clientOffsetOf(values) : id(event, values);
      if (id !== null) onRejection(found, (error) => this.#owner.report(error));
    } catch (error) {
      this.#owner.report(error);
    }
    return typeof found === "string" && found !== "" && found.length <= longestId ? found : undefined;
  }
}

/** The id of an event whose last argument is `{ clientOffset: id }` and nothing else. */
function clientOffsetOf(values: readonly unknown[]): unknown {
  const last = values.at(-1);
  return isPlainObject(last) && Object.keys(last).length === 1 ? last.clientOffset : undefined;
}
