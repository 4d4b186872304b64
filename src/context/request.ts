/** The ambient `request`: the client whose event is being handled, and the event. */

import type { IncomingMessage } from "node:http";
import { RoomcastError } from "../base/errors.ts";
import type { AuthData, PublicData, Register } from "../contract/events.ts";
import { type HandledEvent, type HandlerContext, requireContext } from "./handler-context.ts";

/** The event that is being handled, and the client that sent it. */
export interface Request {
  /**
   * The client's public id in this namespace; also the name of a room with this client as its only member.
   */
  readonly sid: string;
  /** The namespace. */
  readonly namespace: string;
  /** The event that is being handled. */
  readonly event: HandledEvent;
  /**
   * Came with the client's request to join the namespace. Clients send what they like; with a contract, it is
   * what the schema made of it.
   */
  readonly auth: AuthData<Register>;
  /**
   * Whether the client continues an earlier connection: with its sid, its rooms, its session and the events
   * that it missed. In a `connect` handler: whether it will, if the handler accepts it. Only in namespaces
   * with the option `recovery`.
   */
  readonly recovered: boolean;
  /** The header fields of the request that opened the connection, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Path and query of that request. */
  readonly url: string;
  /** The query of that request. */
  readonly query: URLSearchParams;
  /**
   * That request as the application's framework has it, with what its middleware has added: of Express, or
   * without a framework, the request; of Koa and Hono the context; of Fastify its own request. It is kept
   * only with the option `httpMiddleware`, and reading it throws `ERR_STATE` without.
   */
  readonly http: FrameworkRequest<Register>;
  /** The client's network address; behind trusted proxies, the address that they report. */
  readonly address: string;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  /** The transport in use now: `"polling"` or `"websocket"`. */
  readonly transport: string;
  /**
   * Public data of the client in this namespace: the application fills it, and `sockets()` lists it. JSON
   * only.
   */
  readonly publicData: PublicData<Register>;
}

/** The request of the application's framework, by a contract. */
export type FrameworkRequest<C> = C extends { http: infer Given }
  ? Given
  : // biome-ignore lint/suspicious/noExplicitAny: without a contract, middleware adds what it likes
    IncomingMessage & Record<string, any>;

function current(name: string): HandlerContext {
  return requireContext(`request.${name}`, "Pass the value on from a handler instead.");
}

/**
 * The request that is being handled: its client, its namespace, its event.
 *
 * @throws {@link ContextError} on any use outside of handlers
 */
export const request: Request = {
  get sid() {
    return current("sid").socket.sid;
  },
  get namespace() {
    return current("namespace").socket.namespace;
  },
  get event() {
    return current("event").event;
  },
  get auth() {
    return current("auth").socket.auth;
  },
  get recovered() {
    return current("recovered").socket.recovered;
  },
  get headers() {
    return current("headers").socket.client.request.headers;
  },
  get url() {
    return current("url").socket.client.request.url;
  },
  get query() {
    return current("query").socket.client.request.query;
  },
  get http() {
    const { socket, hub } = current("http");
    const { request } = socket.client;
    if ("http" in request) return request.http as FrameworkRequest<Register>;
    if (hub.httpRequestOf !== null) return hub.httpRequestOf(request) as FrameworkRequest<Register>;
    throw new RoomcastError(
      "ERR_STATE",
      "request.http is kept only where requests pass middleware of the application: new SocketIO(app, { httpMiddleware: [session, passport.session()] }). Header fields, address and query are there in any case: request.headers, request.address, request.query.",
    );
  },
  get address() {
    return current("address").socket.client.request.address;
  },
  get secure() {
    return current("secure").socket.client.request.secure;
  },
  get transport() {
    return current("transport").socket.client.transportName;
  },
  get publicData() {
    return current("publicData").socket.publicData as PublicData<Register>;
  },
};

// A copy of the request, as in a line of a log, has only members that are always there.
Object.defineProperty(request, "http", { enumerable: false });
