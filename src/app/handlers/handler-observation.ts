/** Says of a handler that is about to run what traces tell of it. */

import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import type { HandledEvent } from "../../context/handler-context.ts";
import type { NamespaceMeter } from "../../core/namespace/namespace-meter.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { HandlerLookup, Registration } from "./handler-lookup.ts";
import { MeteredEvent } from "./metered-event.ts";
import { ObservedEvent } from "./observed-event.ts";
import type { WatchedEvent } from "./watched-event.ts";

/** The observation of one namespace's handlers. */
export class HandlerObservation {
  readonly #operations: ServerOperations;
  readonly #lookup: HandlerLookup;
  #meter: NamespaceMeter | null = null;

  /**
   * @param operations - the traced operations of the server
   * @param lookup - the handlers of the namespace
   */
  constructor(operations: ServerOperations, lookup: HandlerLookup) {
    this.#operations = operations;
    this.#lookup = lookup;
  }

  /** Measures all handlers from now on. */
  measure(meter: NamespaceMeter): void {
    this.#meter = meter;
  }

  /** Whether requests to join are observed. */
  get watchesConnects(): boolean {
    return this.#operations.connects.isActive;
  }

  /** The event of a client's request to join. */
  connect(socket: Socket, args: readonly unknown[]): HandledEvent {
    return this.#metered("connect", args, this.#traceConnect(socket, args));
  }

  /** An event that a client sent, or `"disconnect"`. */
  event(socket: Socket, name: string, args: readonly unknown[], acknowledged: boolean): HandledEvent {
    const traced = this.#operations.events.isActive
      ? this.#traceEvent(socket, { name, args, acknowledged }, this.#lookup.registration(name))
      : null;
    return this.#metered(name, args, traced);
  }

  /** What runs for a client that has been accepted. */
  accepted(socket: Socket): HandledEvent {
    this.#meter?.declare("accepted");
    const event = { name: "accepted", args: [], acknowledged: false };
    const traced = this.#operations.events.isActive
      ? this.#traceEvent(socket, event, this.#lookup.acceptedRegistration())
      : null;
    return this.#metered(event.name, event.args, traced);
  }

  #metered(name: string, args: readonly unknown[], traced: WatchedEvent | null): HandledEvent {
    if (this.#meter !== null) return new MeteredEvent(name, args, this.#meter, traced);
    return traced ?? { name, args };
  }

  #traceConnect(socket: Socket, args: readonly unknown[]): WatchedEvent | null {
    const { connects } = this.#operations;
    if (!connects.isActive) return null;
    const { handler, pattern } = this.#lookup.registration("connect");
    const { namespace, sid, auth, client } = socket;
    const operation = connects.begin({
      handler: handler === null ? null : "connect",
      recovered: socket.returning !== null,
      namespace,
      pattern,
      sid,
      connection: client.number,
      transport: client.transportName,
      auth,
      request: client.request,
    });
    return new ObservedEvent("connect", args, operation);
  }

  #traceEvent(
    socket: Socket,
    { name, args, acknowledged }: HandledEvent & { readonly acknowledged: boolean },
    { handler, pattern }: Registration,
  ): WatchedEvent {
    const { events } = this.#operations;
    const { namespace, sid, auth, client } = socket;
    const operation = events.begin({
      event: name,
      handler,
      args,
      acknowledged,
      namespace,
      pattern,
      sid,
      connection: client.number,
      transport: client.transportName,
      auth,
      request: client.request,
    });
    return new ObservedEvent(name, args, operation);
  }
}
