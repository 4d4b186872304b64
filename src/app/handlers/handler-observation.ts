/** Says of a handler that is about to run what traces tell of it. */

import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import type { HandledEvent } from "../../context/handler-context.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { HandlerLookup } from "./handler-lookup.ts";
import { ObservedEvent } from "./observed-event.ts";

/** The observation of one namespace's handlers. */
export class HandlerObservation {
  readonly #operations: ServerOperations;
  readonly #lookup: HandlerLookup;

  /**
   * @param operations - the traced operations of the server
   * @param lookup - the handlers of the namespace
   */
  constructor(operations: ServerOperations, lookup: HandlerLookup) {
    this.#operations = operations;
    this.#lookup = lookup;
  }

  /** Whether requests to join are observed. */
  get watchesConnects(): boolean {
    return this.#operations.connects.isActive;
  }

  /** The event of a client's request to join. */
  connect(socket: Socket, args: readonly unknown[]): HandledEvent {
    const { connects } = this.#operations;
    if (!connects.isActive) return { name: "connect", args };
    const { handler, pattern } = this.#lookup.registration("connect");
    const operation = connects.begin({
      ...about(socket),
      pattern,
      handler: handler === null ? null : "connect",
      recovered: socket.returning !== null,
    });
    return new ObservedEvent("connect", args, operation);
  }

  /** An event that a client sent, or `"disconnect"`. */
  event(socket: Socket, name: string, args: readonly unknown[], acknowledged: boolean): HandledEvent {
    const { events } = this.#operations;
    if (!events.isActive) return { name, args };
    const { handler, pattern } = this.#lookup.registration(name);
    const operation = events.begin({ ...about(socket), pattern, event: name, handler, args, acknowledged });
    return new ObservedEvent(name, args, operation);
  }
}

function about({ namespace, sid, auth, client }: Socket) {
  const { number: connection, transportName: transport, request } = client;
  return { namespace, sid, connection, transport, auth, request };
}
