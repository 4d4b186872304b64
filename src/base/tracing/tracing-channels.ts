/** What a server tells on its tracing channels: one context object for each operation. */

import { throwLater } from "../foreign-value.ts";
import { ContextPropagation } from "./context-propagation.ts";
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
  /** The code of the error with which the handler refused the event, if it did. A refusal is no error. */
  refusal?: string;
}

/**
 * One emit to clients of this process: the context on the channel `roomcast.broadcast`. It ends when the
 * event is on its way, without waiting for clients. A handler's emit to its own client is none.
 */
export interface BroadcastTrace extends OperationOutcome {
  /** The namespace. */
  readonly namespace: string;
  /** The event's name. */
  readonly event: string;
  /** The one client that is meant; `null` where rooms or the whole namespace are. */
  readonly sid: string | null;
  /** The rooms, and sids, that it goes to; `null` for the whole namespace. */
  readonly rooms: readonly string[] | null;
  /** The clients that it leaves out, by their sids. */
  readonly skip: readonly string[] | null;
  /** Whether acknowledgements are collected. */
  readonly acknowledged: boolean;
  /** Whether another process has sent it, and the clients of this one get it. */
  readonly remote: boolean;
  /** How many clients of this process get it. Set when it ends. */
  clients: number | null;
}

/**
 * One request of Engine.IO: the context on the channel `roomcast.request`. It ends when the server answers,
 * so a poll lasts until there is something to send.
 */
export interface RequestTrace extends OperationOutcome {
  readonly method: string;
  /** Without the query, which holds the connection's secret id. */
  readonly path: string;
  /** What the request is made with: `"polling"` or `"websocket"`. */
  readonly transport: string;
  /** The client's network address; behind trusted proxies, the address that they report. */
  readonly address: string;
  /** Whether it names no connection, and so is to open one. */
  readonly handshake: boolean;
  /** Whether another process has passed the request on, because its connection is here. */
  readonly relayed: boolean;
  /**
   * The number of the connection that it belongs to, or opens, as in trace events; `null` for none in this
   * process.
   */
  connection: number | null;
  /**
   * The status of the answer; `null` where the client went away first, or another process has the request.
   */
  status: number | null;
  /** The request itself. The connection that it opens keeps the same object. */
  readonly request: TracedRequest;
}

/** The operations of one server that are traced. */
export class ServerOperations {
  /** Requests of clients to join namespaces. */
  readonly connects: TracedOperations<ConnectTrace>;
  /** Events of clients. */
  readonly events: TracedOperations<EventTrace>;
  /** Emits to rooms, namespaces and single clients. */
  readonly broadcasts: TracedOperations<BroadcastTrace>;
  /** Requests of Engine.IO. */
  readonly requests: TracedOperations<RequestTrace>;
  /** The contexts that operations have in several processes. */
  readonly contexts: ContextPropagation;

  /** @param report - told what observers throw. Default: it is uncaught */
  constructor(report: (error: unknown) => void = throwLater) {
    this.connects = new TracedOperations("roomcast.connect", report);
    this.events = new TracedOperations("roomcast.event", report);
    this.broadcasts = new TracedOperations("roomcast.broadcast", report);
    this.requests = new TracedOperations("roomcast.request", report);
    this.contexts = new ContextPropagation(report);
  }
}
