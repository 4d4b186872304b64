/**
 * The public names of `roomcast/socket.io`: the server API of socket.io 4.8 on Roomcast's core.
 *
 * In one file, because its types all name each other, and programs add members to them by these names.
 */

import type { EventEmitter } from "node:events";
import type { IncomingMessage, Server as NodeServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as SecureServer } from "node:https";
import type { SocketIO } from "../app/socketio.ts";
import { BridgeNamespace } from "./bridge-namespace.ts";
import { BridgeServer } from "./bridge-server.ts";
import { BridgeSocket } from "./bridge-socket.ts";
import { BroadcastOperator as Operator } from "./broadcast-operator.ts";
import type { BridgeOptions } from "./options/bridge-options.ts";
import { RemoteSocket as Remote } from "./remote-socket.ts";
import type { BridgeReason, ExtendedError, Handshake, NamespaceDecision } from "./types/plain-api.ts";
import type {
  AckValue,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  Last,
  Listener,
  ListenNames,
  NamesWithAck,
  NamesWithError,
  NamesWithoutAck,
  WithLists,
  WithoutAcks,
  WithTimeout,
  WithTimeoutAndLists,
} from "./types/typed-events.ts";

/** An emitter whose events have types. */
interface StrictEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Reserved extends EventsMap = Record<never, never>,
> extends EventEmitter {
  on<Name extends ListenNames<Reserved, ListenEvents>>(
    ev: Name,
    listener: Listener<Reserved, ListenEvents, Name>,
  ): this;
  once<Name extends ListenNames<Reserved, ListenEvents>>(
    ev: Name,
    listener: Listener<Reserved, ListenEvents, Name>,
  ): this;
  emit<Name extends EventNames<EmitEvents>>(ev: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  listeners<Name extends ListenNames<Reserved, ListenEvents>>(
    event: Name,
  ): Listener<Reserved, ListenEvents, Name>[];
}

/** Sends to several clients. */
interface BroadcastOperator<EmitEvents extends EventsMap, SocketData> {
  to(room: string | string[]): BroadcastOperator<EmitEvents, SocketData>;
  in(room: string | string[]): BroadcastOperator<EmitEvents, SocketData>;
  except(room: string | string[]): BroadcastOperator<EmitEvents, SocketData>;
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData>;
  readonly volatile: BroadcastOperator<EmitEvents, SocketData>;
  readonly local: BroadcastOperator<EmitEvents, SocketData>;
  timeout(timeout: number): BroadcastOperator<WithTimeout<EmitEvents>, SocketData>;
  emit<Name extends EventNames<EmitEvents>>(ev: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  emitWithAck<Name extends NamesWithError<EmitEvents>>(
    ev: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<AckValue<Last<EventParams<EmitEvents, Name>>>>;
  allSockets(): Promise<Set<string>>;
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]>;
  socketsJoin(room: string | string[]): void;
  socketsLeave(room: string | string[]): void;
  disconnectSockets(close?: boolean): void;
}

/** A client that may be connected to another process. */
interface RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: Set<string>;
  readonly data: SocketData;
  timeout(timeout: number): BroadcastOperator<WithTimeout<EmitEvents>, SocketData>;
  emit<Name extends EventNames<EmitEvents>>(ev: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  join(room: string | string[]): void;
  leave(room: string): void;
  disconnect(close?: boolean): this;
}

/** The members that a server and a namespace have in common. */
interface Broadcasting<EmitEvents extends EventsMap, ServerSideEvents extends EventsMap, SocketData> {
  to(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  in(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  except(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  compress(compress: boolean): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  readonly volatile: BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  readonly local: BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  timeout(timeout: number): BroadcastOperator<WithTimeout<WithLists<EmitEvents>>, SocketData>;
  send(...args: EventParams<EmitEvents, "message">): this;
  write(...args: EventParams<EmitEvents, "message">): this;
  serverSideEmit<Name extends EventNames<ServerSideEvents>>(
    ev: Name,
    ...args: EventParams<WithTimeoutAndLists<ServerSideEvents>, Name>
  ): boolean;
  serverSideEmitWithAck<Name extends NamesWithAck<ServerSideEvents>>(
    ev: Name,
    ...args: AllButLast<EventParams<ServerSideEvents, Name>>
  ): Promise<AckValue<Last<EventParams<ServerSideEvents, Name>>>[]>;
  allSockets(): Promise<Set<string>>;
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]>;
  socketsJoin(room: string | string[]): void;
  socketsLeave(room: string | string[]): void;
  disconnectSockets(close?: boolean): void;
}

/** The rooms of a namespace in this process, to be read and watched. */
interface AdapterApi extends EventEmitter {
  /** The members of each room. */
  readonly rooms: Map<string, Set<string>>;
  /** The rooms of each client. */
  readonly sids: Map<string, Set<string>>;
  readonly nsp: Namespace;
  /** The rooms of one client. */
  socketRooms(id: string): Set<string> | undefined;
  /** The ids of clients in rooms; of all clients for none. */
  sockets(rooms: Set<string>): Promise<Set<string>>;
  /** How many processes there are. */
  serverCount(): Promise<number>;
}

/** The events of a namespace's own. */
interface NamespaceEvents<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/** The events of a server's own. */
interface ServerEventsOfBridge<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

/** A function before a client is accepted. */
type NamespaceMiddleware<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> = (
  socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  next: (err?: ExtendedError) => void,
) => void;

/** A namespace. */
interface Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
  SocketData = any,
> extends Omit<
      StrictEmitter<
        ServerSideEvents,
        WithoutAcks<EmitEvents>,
        NamespaceEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
      >,
      "emit"
    >,
    Broadcasting<EmitEvents, ServerSideEvents, SocketData> {
  readonly name: string;
  /** The clients that this process has accepted. */
  readonly sockets: Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  readonly adapter: AdapterApi;
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  use(fn: NamespaceMiddleware<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): this;
  emit<Name extends NamesWithoutAck<EmitEvents>>(ev: Name, ...args: EventParams<EmitEvents, Name>): boolean;
}

/** The events of a socket's own. */
interface SocketEvents {
  // biome-ignore lint/suspicious/noExplicitAny: as in the stock types
  disconnect: (reason: BridgeReason, description?: any) => void;
  // biome-ignore lint/suspicious/noExplicitAny: as in the stock types
  disconnecting: (reason: BridgeReason, description?: any) => void;
  error: (err: Error) => void;
}

/** An event as middleware of a socket sees it: its name and its arguments. */
// biome-ignore lint/suspicious/noExplicitAny: the client sends what it likes
type SocketPacketEvent = [string, ...any[]];

// biome-ignore lint/suspicious/noExplicitAny: it hears every event
type AnyListener = (...args: any[]) => void;

/** A client in a namespace. */
interface Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
  SocketData = any,
> extends StrictEmitter<ListenEvents, EmitEvents, SocketEvents> {
  readonly id: string;
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents>;
  readonly client: ClientApi<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Whether the client has come back with its state, after a lost connection. */
  readonly recovered: boolean;
  readonly handshake: Handshake;
  /** SocketData of the program's own, which other processes may read as well. */
  data: SocketData;
  readonly connected: boolean;
  readonly disconnected: boolean;
  /** The request that began the connection. */
  readonly request: IncomingMessage;
  readonly conn: ConnectionApi;
  /** The rooms of the client, its own id included. */
  readonly rooms: Set<string>;
  emitWithAck<Name extends NamesWithAck<EmitEvents>>(
    ev: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<AckValue<Last<EventParams<EmitEvents, Name>>>>;
  to(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  in(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  except(room: string | string[]): BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  readonly broadcast: BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  readonly local: BroadcastOperator<WithLists<EmitEvents>, SocketData>;
  readonly volatile: this;
  send(...args: EventParams<EmitEvents, "message">): this;
  write(...args: EventParams<EmitEvents, "message">): this;
  join(rooms: string | string[]): Promise<void> | void;
  leave(room: string): Promise<void> | void;
  disconnect(close?: boolean): this;
  compress(compress: boolean): this;
  timeout(timeout: number): Socket<ListenEvents, WithTimeout<EmitEvents>, Server, SocketData>;
  use(fn: (event: SocketPacketEvent, next: (err?: Error) => void) => void): this;
  onAny(listener: AnyListener): this;
  prependAny(listener: AnyListener): this;
  offAny(listener?: AnyListener): this;
  listenersAny(): AnyListener[];
  onAnyOutgoing(listener: AnyListener): this;
  prependAnyOutgoing(listener: AnyListener): this;
  offAnyOutgoing(listener?: AnyListener): this;
  listenersAnyOutgoing(): AnyListener[];
}

/** A connection with its sockets, one in each namespace. */
interface ClientApi<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
  SocketData = any,
> {
  /** The secret id of the connection. */
  readonly id: string;
  readonly conn: ConnectionApi;
  readonly request: IncomingMessage;
  readonly sockets: Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
}

/** How a connection carries packets. */
interface TransportApi {
  readonly name: string;
  readonly sid: string;
  readonly protocol: number;
  /** Whether it takes a packet at the moment. */
  readonly writable: boolean;
  readonly readyState: "open" | "closed";
}

/** The connection of a client, below its namespaces. */
interface ConnectionApi extends EventEmitter {
  /** The secret id of the connection. */
  readonly id: string;
  /** The version of Engine.IO: 4, or 3 for clients of Socket.IO 2. */
  readonly protocol: number;
  readonly remoteAddress: string;
  readonly readyState: "opening" | "open" | "closing" | "closed";
  readonly transport: TransportApi;
  /** Whether the change to a WebSocket has begun. */
  readonly upgrading: boolean;
  readonly upgraded: boolean;
  readonly request: IncomingMessage;
  close(discard?: boolean): void;
}

/** The engine below the server. */
interface EngineApi extends EventEmitter {
  readonly clientsCount: number;
  /** The options, as the program gave them and as socket.io has them else. */
  // biome-ignore lint/suspicious/noExplicitAny: the values of any option
  readonly opts: Readonly<Record<string, any>>;
  /** Closes all connections. */
  close(): this;
  /** Makes the secret id of a connection. */
  generateId(request: IncomingMessage): string | Promise<string>;
  /** Adds a function around requests, such as the middleware of express. */
  // biome-ignore lint/suspicious/noExplicitAny: requests and responses of every framework's types fit
  use(fn: (req: any, res: any, next: (err?: any) => void) => void): void;
}

/** A server that the bridge can be attached to. */
type HttpServerOfBridge = NodeServer | SecureServer | Http2SecureServer | Http2Server;

/** The server. */
interface Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
  SocketData = any,
> extends StrictEmitter<
      ServerSideEvents,
      WithoutAcks<EmitEvents>,
      ServerEventsOfBridge<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
    Broadcasting<EmitEvents, ServerSideEvents, SocketData> {
  /** The namespace `"/"`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly engine: EngineApi;
  readonly httpServer: HttpServerOfBridge;
  /** The same server as Roomcast has it: its handlers serve beside those of this program. */
  readonly roomcast: SocketIO;
  serveClient(v: boolean): this;
  serveClient(): boolean;
  path(v: string): this;
  path(): string;
  connectTimeout(v: number): this;
  connectTimeout(): number;
  adapter(): unknown;
  adapter(v: unknown): this;
  listen(srv: HttpServerOfBridge | number, opts?: Partial<BridgeOptions>): this;
  attach(srv: HttpServerOfBridge | number, opts?: Partial<BridgeOptions>): this;
  of(
    name: string | RegExp | NamespaceDecision,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  close(fn?: (err?: Error) => void): Promise<void>;
  use(fn: NamespaceMiddleware<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): this;
}

/** Makes servers, with `new` or without it. */
interface ServerConstructor {
  new <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
    SocketData = any,
  >(
    srv?: HttpServerOfBridge | number | Partial<BridgeOptions>,
    opts?: Partial<BridgeOptions>,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    // biome-ignore lint/suspicious/noExplicitAny: the default of the stock types
    SocketData = any,
  >(
    srv?: HttpServerOfBridge | number | Partial<BridgeOptions>,
    opts?: Partial<BridgeOptions>,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

/** A class that programs make no instances of. */
type Class<Instance> = abstract new (...values: never) => Instance;

/** The server, also called without `new`. */
const Server = new Proxy(BridgeServer, {
  apply: (Target, _self, values: ConstructorParameters<typeof BridgeServer>) => new Target(...values),
}) as unknown as ServerConstructor;
BridgeServer.prototype.constructor = Server;
const Namespace = BridgeNamespace as unknown as Class<Namespace>;
const Socket = BridgeSocket as unknown as Class<Socket>;
const BroadcastOperator = Operator as unknown as Class<BroadcastOperator<DefaultEventsMap, unknown>>;
const RemoteSocket = Remote as unknown as Class<RemoteSocket<DefaultEventsMap, unknown>>;

export type {
  BridgeOptions as ServerOptions,
  BridgeReason as DisconnectReason,
  DefaultEventsMap,
  ExtendedError,
  Handshake,
  SocketPacketEvent as Event,
};
export { BroadcastOperator, Namespace, RemoteSocket, Server, Socket };
export default Server;
