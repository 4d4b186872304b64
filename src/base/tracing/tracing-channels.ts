/** What a server tells on its tracing channels: one context object for each operation. */

import { type OperationOutcome, TracedOperations } from "./traced-operations.ts";

/** The HTTP request that opened a connection, as far as traces tell of it. */
export interface TracedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's network address; behind trusted proxies, the address that they report. */
  readonly address: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

/** What the contexts of all handlers tell of the client. */
interface HandlerTrace extends OperationOutcome {
  /** The namespace. */
  readonly namespace: string;
  /**
   * The namespace as its handlers are registered: its own name, or the pattern that it matches. Few values,
   * where clients choose names.
   */
  readonly pattern: string;
  /** The client's public id in this namespace. */
  readonly sid: string;
  /** The number of the client's connection, as in trace events. */
  readonly connection: number;
  /** The transport in use: `"polling"` or `"websocket"`. */
  readonly transport: string;
  /** Came with the client's request to join the namespace. */
  readonly auth: unknown;
  /** The request that opened the connection. */
  readonly request: TracedRequest;
}

/**
 * A client's request to join a namespace: the context on the channel `roomcast.connect`. A refusal is no
 * error.
 */
export interface ConnectTrace extends HandlerTrace {
  /** Whether the namespace has a `connect` handler. */
  readonly handler: "connect" | null;
  /** Whether the client returns, and keeps its sid, if it is accepted. */
  readonly recovered: boolean;
  /** The message for the client, if it is refused. */
  refusal?: string;
}

/**
 * One event of a client that is handled: the context on the channel `roomcast.event`. It begins when the
 * handler, or the middleware around it, starts, and ends when the client has got the acknowledgement.
 */
export interface EventTrace extends HandlerTrace {
  /** The event's name, as the client sent it; `"disconnect"` for the handler of that name. */
  readonly event: string;
  /** The name under which its handler is registered: the same, or `"*"`; `null` where there is none. */
  readonly handler: string | null;
  /** The event's arguments; the reason, for `"disconnect"`. */
  readonly args: readonly unknown[];
  /** Whether the client asked for an acknowledgement. */
  readonly acknowledged: boolean;
}

/** The operations of one server that are traced. */
export class ServerOperations {
  /** Requests of clients to join namespaces. */
  readonly connects = new TracedOperations<ConnectTrace>("roomcast.connect");
  /** Events of clients. */
  readonly events = new TracedOperations<EventTrace>("roomcast.event");
}
