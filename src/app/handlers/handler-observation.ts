/** Says of a handler that is about to run what traces tell of it. */

import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import type { HandledEvent } from "../../context/handler-context.ts";
import type { NamespaceMeter } from "../../core/namespace/namespace-meter.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { HandlerLookup } from "./handler-lookup.ts";
import { MeteredEvent } from "./metered-event.ts";
import { ObservedEvent } from "./observed-event.ts";
import type { WatchedEvent } from "./watched-event.ts";

/** The observation of one namespace's handlers. */
export class HandlerObservation {
  readonly #operations: ServerOperations;
  readonly #lookup: HandlerLookup;
  readonly #findMeter: () => NamespaceMeter | null;
  #meter: NamespaceMeter | null = null;

  /**
   * @param operations - the traced operations of the server
   * @param lookup - the handlers of the namespace
   * @param findMeter - finds the meter of the namespace; `null` while metrics are off
   */
  constructor(
    operations: ServerOperations,
    lookup: HandlerLookup,
    findMeter: () => NamespaceMeter | null = () => null,
  ) {
    this.#operations = operations;
    this.#lookup = lookup;
    this.#findMeter = findMeter;
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
    return this.#metered(name, args, this.#traceEvent(socket, name, args, acknowledged));
  }

  #metered(name: string, args: readonly unknown[], traced: WatchedEvent | null): HandledEvent {
    const meter = this.#meter ?? this.#findMeter();
    if (meter === null) return traced ?? { name, args };
    this.#meter = meter;
    return new MeteredEvent(name, args, meter, traced);
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
    name: string,
    args: readonly unknown[],
    acknowledged: boolean,
  ): WatchedEvent | null {
    const { events } = this.#operations;
    if (!events.isActive) return null;
    const { handler, pattern } = this.#lookup.registration(name);
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
