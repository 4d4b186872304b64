/**
 * The server of socket.io 4.8 on Roomcast's core. It makes Roomcast's own server when its options are known:
 * when it is attached, or when a program asks for `roomcast`.
 */

import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { isHttpServer } from "../adapter/frameworks/node-server.ts";
import type { HttpServer } from "../adapter/node/node-adapter.ts";
import { InteropNode } from "../app/cluster/interop-node.ts";
import type { NamespacePattern } from "../app/options/namespace-pattern.ts";
import type { OwnHandlers, ServerInside } from "../app/server-hooks.ts";
import { insideOf, SocketIO } from "../app/socketio.ts";
import { consoleLogger } from "../base/log/console-writer.ts";
import { SafeLog } from "../base/log/safe-log.ts";
import type { Hub } from "../core/hub.ts";
import type { NamespaceHandlers } from "../core/namespace/open-namespace.ts";
import type { Connection } from "../engine/connection.ts";
import type { ConnectionWatcher } from "../engine/connection-host.ts";
import { type AdapterQueue, translateAdapter } from "./adapter/adapter-translation.ts";
import { AdapterView } from "./adapter/adapter-view.ts";
import { BridgeClients } from "./bridge-client.ts";
import { BridgeNamespace, type ConnectMiddleware, takeListeners } from "./bridge-namespace.ts";
import { BridgeServerEvents, type ServerEventsOwner } from "./bridge-server-events.ts";
import type { BridgeSocket } from "./bridge-socket.ts";
import { BridgedHandlers } from "./bridged-handlers.ts";
import type { BroadcastOperator } from "./broadcast-operator.ts";
import { nameClass } from "./class-name.ts";
import { BridgeEngine, type EngineServer } from "./engine/bridge-engine.ts";
import { type BridgeOptions, roomcastOptions } from "./options/bridge-options.ts";
import { CorsDecisions } from "./options/cors-setting.ts";
import { tellOfOrigins } from "./options/origin-notice.ts";
import { ParentNamespace, type ParentServer } from "./parent-namespace.ts";
import { refuseMethods } from "./refusals/refused-names.ts";
import { noInnerParts, noServer } from "./refusals/server-mistakes.ts";
import { closeHttpServer } from "./server-closing.ts";
import type { NamespaceDecision } from "./types/plain-api.ts";

type ConnectListener = (socket: BridgeSocket) => unknown;

/** The server. Its listeners are those of the namespace `"/"`. */
export class BridgeServer extends EventEmitter implements ParentServer, EngineServer, ServerEventsOwner {
  readonly sockets: BridgeNamespace;
  readonly engine: BridgeEngine;
  httpServer: HttpServer | undefined;
  readonly #namespaces = new Map<string, BridgeNamespace>();
  readonly #parents: ParentNamespace[] = [];
  readonly #clients: BridgeClients;
  readonly #serverEvents = new BridgeServerEvents(this);
  #options: Partial<BridgeOptions>;
  #native: SocketIO | null = null;
  #inside: ServerInside | null = null;
  /** Where the classic Redis adapter leads to; `null` without it. */
  #adapterQueue: AdapterQueue | null = null;
  #watchesOutgoing = false;
  readonly #log: SafeLog;

  /**
   * @param server - a server of Node's, or a port to listen on; nothing to attach later
   * @param options - socket.io's, and Roomcast's beside them
   * @throws {@link RoomcastError} `ERR_OPTION`, `ERR_APP`
   */
  constructor(server?: unknown, options: Partial<BridgeOptions> = {}) {
    super();
    const isServer = typeof server === "number" || typeof server === "string" || isHttpServer(server);
    const given = (isServer || server == null ? options : server) as Partial<BridgeOptions>;
    const isOther = typeof (server as { listen?: unknown } | undefined)?.listen === "function";
    if (typeof given !== "object" || (!isServer && isOther)) throw noServer(server);
    this.#options = { ...given };
    if (given.path !== undefined) this.path(given.path);
    if (given.adapter !== undefined) this.#adapterQueue = translateAdapter(given.adapter);
    this.#log = new SafeLog(given.logger ?? consoleLogger);
    this.engine = new BridgeEngine(this);
    this.#clients = new BridgeClients(this.engine, this.#namespaces);
    this.sockets = this.of("/");
    if (isServer) this.attach(server);
  }

  /** The same server as Roomcast has it: its handlers serve beside those of this program. */
  get roomcast(): SocketIO {
    return this.#make().native;
  }

  get hub(): Hub | null {
    return this.#inside?.hub ?? null;
  }

  requireHub(): Hub {
    return this.#make().inside.hub;
  }

  get clientsCount(): number {
    return this.#inside?.engine.connections.countOpen() ?? 0;
  }

  get givenOptions(): object {
    return this.#options;
  }

  get connections(): Iterable<Connection> {
    return this.#inside?.engine.connections.all() ?? [];
  }

  serveClient(value?: boolean): unknown {
    return this.#option("serveClient", true, value);
  }

  path(value?: string): unknown {
    return this.#option("path", "/socket.io", value?.replace(/\/$/, ""));
  }

  /**
   * Connects to servers of socket.io by the classic Redis adapter.
   *
   * @throws {@link RoomcastError} `ERR_OPTION` for another adapter, `ERR_STATE` for a second one
   */
  adapter(adapter?: unknown): unknown {
    if (adapter === undefined) return this.#options.adapter ?? AdapterView;
    const translated = translateAdapter(adapter);
    this.#options.adapter = adapter;
    this.#adapterQueue = translated;
    if (this.#inside !== null) this.#connectAdapter(this.#inside);
    return this;
  }

  /** Asked for by `instrument()` of `@socket.io/admin-ui` alone. */
  get _nsps(): never {
    throw noInnerParts();
  }

  connectTimeout(value?: number): unknown {
    return this.#option("connectTimeout", 45_000, value);
  }

  listen(server: unknown, options: Partial<BridgeOptions> = {}): this {
    return this.attach(server, options);
  }

  /**
   * Serves on a server of Node's, or listens on a port.
   *
   * @throws {@link RoomcastError} `ERR_APP` for something else
   */
  attach(server: unknown, options: Partial<BridgeOptions> = {}): this {
    const port = typeof server === "string" && server.trim() !== "" ? Number(server) : server;
    if (typeof port !== "number" && !isHttpServer(server)) throw noServer(server);
    if (this.#native === null) this.#options = { ...options, ...this.#options };
    const httpServer =
      typeof port === "number"
        ? createServer((_, response) => response.writeHead(404).end())
        : (server as HttpServer);
    this.#make().native.attach(httpServer);
    tellOfOrigins(this.#options, this.#options.logger ?? consoleLogger, this.#log);
    this.httpServer = httpServer;
    if (typeof port === "number") httpServer.listen(port);
    return this;
  }

  /**
   * A namespace: of a name, or for all names that a pattern matches or a function allows.
   *
   * @param listener - of `connect`
   */
  of(name: string | RegExp | NamespaceDecision, listener?: ConnectListener): BridgeNamespace {
    const namespace = typeof name === "string" ? this.#named(name) : this.#parent(name);
    if (listener !== undefined) namespace.on("connect", listener);
    return namespace;
  }

  /**
   * Disconnects all clients, and closes the server of Node's.
   *
   * @param callback - gets the error of that server, if it did not run
   */
  async close(callback?: (error?: Error) => void): Promise<void> {
    await this.#native?.stop();
    const { httpServer } = this;
    const error =
      httpServer === undefined ? undefined : await closeHttpServer(httpServer, String(this.path()));
    if (callback !== undefined) this.sockets.call(() => callback(error), []);
  }

  use(middleware: ConnectMiddleware): this {
    this.sockets.use(middleware);
    return this;
  }

  to(room: unknown): BroadcastOperator {
    return this.sockets.to(room);
  }

  in(room: unknown): BroadcastOperator {
    return this.sockets.in(room);
  }

  except(room: unknown): BroadcastOperator {
    return this.sockets.except(room);
  }

  compress(compress: boolean): BroadcastOperator {
    return this.sockets.compress(compress);
  }

  get volatile(): BroadcastOperator {
    return this.sockets.volatile;
  }

  get local(): BroadcastOperator {
    return this.sockets.local;
  }

  timeout(timeout: number): BroadcastOperator {
    return this.sockets.timeout(timeout);
  }

  send(...values: unknown[]): this {
    this.sockets.send(...values);
    return this;
  }

  write(...values: unknown[]): this {
    return this.send(...values);
  }

  serverSideEmit(event: unknown, ...values: unknown[]): boolean {
    return this.sockets.serverSideEmit(event, ...values);
  }

  serverSideEmitWithAck(event: unknown, ...values: unknown[]): Promise<unknown> {
    return this.sockets.serverSideEmitWithAck(event, ...values);
  }

  allSockets(): Promise<Set<string>> {
    return this.sockets.allSockets();
  }

  fetchSockets(): Promise<unknown[]> {
    return this.sockets.fetchSockets();
  }

  socketsJoin(room: unknown): void {
    this.sockets.socketsJoin(room);
  }

  socketsLeave(room: unknown): void {
    this.sockets.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  // What its parts ask of it.

  find(name: string): BridgeNamespace | undefined {
    return this.#namespaces.get(name);
  }

  onChild(child: BridgeNamespace): void {
    this.#namespaces.set(child.name, child);
    this.#serverEvents.onNamespace(child.name);
    this.sockets.fire("new_namespace", [child]);
  }

  forget(child: BridgeNamespace): void {
    this.#namespaces.delete(child.name);
    this.#serverEvents.onNamespaceEnd(child.name);
  }

  tellServers(namespace: string, values: readonly unknown[]): void {
    this.#serverEvents.tell(namespace, values);
  }

  askServers(namespace: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    return this.#serverEvents.ask(namespace, values);
  }

  countNodes(): number {
    return this.#inside?.countServers() ?? 1;
  }

  namespaceNames(): Iterable<string> {
    return this.#namespaces.keys();
  }

  countServers(namespace: string): Promise<number> {
    return this.#serverEvents.count(namespace);
  }

  watchOutgoing(): void {
    if (this.#watchesOutgoing) return;
    this.#watchesOutgoing = true;
    const hub = this.requireHub();
    hub.outgoing.listen((event, values, target) => {
      const namespace = this.#namespaces.get(target.namespace);
      for (const { sid } of hub.namespaces.select(target))
        namespace?.sockets.get(sid)?.tellOutgoing(event, values);
    });
  }

  watch(connection: Connection, watcher: ConnectionWatcher): void {
    this.#inside?.engine.connections.watch(connection, watcher);
  }

  report(error: unknown, where?: string): void {
    if (this.#inside === null)
      this.#log.error(where ?? "An error outside of any handler", { type: "unexpected error", err: error });
    else this.#inside.hub.report(error, where, { type: "handler failed" });
  }

  #option<Name extends "serveClient" | "path" | "connectTimeout">(
    name: Name,
    otherwise: BridgeOptions[Name],
    value: BridgeOptions[Name],
  ): unknown {
    if (value === undefined) return this.#options[name] ?? otherwise;
    this.#options[name] = value;
    return this;
  }

  #named(given: string): BridgeNamespace {
    const name = given.startsWith("/") ? given : `/${given}`;
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const parent = this.#parents.find(({ pattern }) => pattern?.test(name));
    const namespace = parent?.createChild(name) ?? new BridgeNamespace(name, this);
    this.#namespaces.set(name, namespace);
    this.#serverEvents.onNamespace(name);
    if (parent === undefined && name !== "/") this.sockets.fire("new_namespace", [namespace]);
    this.#native?.namespace(name);
    return namespace;
  }

  #parent(rule: RegExp | NamespaceDecision): ParentNamespace {
    if (rule instanceof RegExp && (rule.global || rule.sticky))
      throw new Error("stateful regular expressions are not supported");
    const parent = new ParentNamespace(rule, this);
    this.#parents.push(parent);
    this.#native?.namespace(parent.allows);
    return parent;
  }

  #connectAdapter(inside: ServerInside): void {
    if (this.#adapterQueue === null) return;
    const { queue, channel, requestsTimeout } = this.#adapterQueue;
    const node = inside.connectForeign((owner) => new InteropNode("redis-adapter", queue, channel, owner));
    this.#serverEvents.useForeign(node.foreignServers, requestsTimeout);
  }

  /** Makes Roomcast's server out of the options that are known now. */
  #make(): { readonly native: SocketIO; readonly inside: ServerInside } {
    if (this.#native !== null && this.#inside !== null) return { native: this.#native, inside: this.#inside };
    const { cors, allowRequest, connectionStateRecovery } = this.#options;
    const { engine } = this;
    if (cors) engine.cors = new CorsDecisions(cors, (error) => this.report(error));
    engine.allowRequest = allowRequest ?? null;
    const options = roomcastOptions(this.#options, {
      warn: (message) => this.#log.warn(message, { type: "option without effect" }),
      cors: engine.cors?.option ?? null,
      allowRequest: engine.decide,
    });
    const native = new SocketIO(options);
    const inside = insideOf(native);
    const parts = {
      clients: this.#clients,
      trace: inside.trace,
      skipsMiddleware:
        connectionStateRecovery !== undefined && connectionStateRecovery.skipMiddlewares !== false,
      endsEmptyChildren: this.#options.cleanupEmptyChildNamespaces === true,
    };
    const handlers = (name: string, _rule: NamespacePattern | null, own: OwnHandlers): NamespaceHandlers => {
      const namespace = this.#namespaces.get(name);
      return namespace === undefined ? own : new BridgedHandlers(namespace, own, parts);
    };
    const { connectionId, onRefused } = engine;
    Object.assign(inside.hooks, { handlers, connectionId, onRefused, requestFilter: engine });
    inside.hub.httpRequestOf = (request) => engine.requestOf(request);
    inside.hub.clients.onOpen = (client) => engine.onConnection(() => this.#clients.connectionOf(client));
    this.#native = native;
    this.#inside = inside;
    this.#connectAdapter(inside);
    for (const name of this.#namespaces.keys()) native.namespace(name);
    for (const parent of this.#parents) native.namespace(parent.allows);
    this.#serverEvents.listen(native);
    return { native, inside };
  }
}

nameClass(BridgeServer, "Server");
refuseMethods(BridgeServer.prototype, "Server");

takeListeners(BridgeServer);
