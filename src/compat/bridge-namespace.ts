/**
 * A namespace, as programs of socket.io know it. It lives as long as the program, with clients or without.
 */

import { EventEmitter } from "node:events";
import { isThenable } from "../app/handlers/handler-result.ts";
import type { OwnHandlers } from "../app/server-hooks.ts";
import type { HandledEvent } from "../context/handler-context.ts";
import type { Hub } from "../core/hub.ts";
import type { OpenNamespace, Refusal } from "../core/namespace/open-namespace.ts";
import { rejected } from "../core/namespace/open-namespace.ts";
import type { Socket } from "../core/socket/socket.ts";
import { AdapterView } from "./adapter/adapter-view.ts";
import type { AnyListener, BridgeSocket } from "./bridge-socket.ts";
import { BroadcastOperator, type OperatorSpace, wholeNamespace } from "./broadcast-operator.ts";
import { nameClass } from "./class-name.ts";
import { takeCallback } from "./room-list.ts";

/** A function before a client is accepted. */
export type ConnectMiddleware = (socket: BridgeSocket, next: (error?: unknown) => void) => unknown;

/** The server, as its namespaces know it. */
export interface NamespaceServer {
  /** The core; `null` while there can be no clients. */
  readonly hub: Hub | null;
  /** The same, made if need be. */
  requireHub(): Hub;
  /** Sends an event to the namespaces of this name in other processes. */
  tellServers(namespace: string, values: readonly unknown[]): void;
  /** The same, and collects their answers. */
  askServers(namespace: string, values: readonly unknown[]): Promise<readonly unknown[]>;
  /** How many servers there are, this one among them. */
  countServers(namespace: string): Promise<number>;
  /** A socket listens to the events that are sent to it. */
  watchOutgoing(): void;
  report(error: unknown, where?: string): void;
}

const reservedOnServers = new Set<unknown>(["connect", "connection", "new_namespace"]);

/** A namespace. */
export class BridgeNamespace extends EventEmitter {
  readonly name: string;
  readonly server: NamespaceServer;
  /** The clients that were accepted. */
  readonly sockets = new Map<string, BridgeSocket>();
  readonly adapter: AdapterView;
  /** The rule that lets clients into it; `null` for a namespace of its own. */
  readonly parent: object | null;
  readonly middleware: ConnectMiddleware[] = [];
  /** Runs listeners; `null` while no client has come. */
  #own: OwnHandlers | null = null;
  /** Sends to all clients; made on first use. */
  #everyone: BroadcastOperator | null = null;

  constructor(name: string, server: NamespaceServer, parent: object | null = null) {
    super();
    this.name = name;
    this.server = server;
    this.parent = parent;
    this.adapter = new AdapterView(this);
  }

  /** The core, which is there whenever a client is. */
  get hub(): Hub {
    return this.server.hub ?? this.server.requireHub();
  }

  /** What sending to its clients needs. */
  get space(): OperatorSpace {
    const namespace = this;
    return {
      name: this.name,
      sockets: this.sockets,
      get hub() {
        return namespace.server.hub;
      },
      call: (callback: AnyListener, values: readonly unknown[]) => namespace.call(callback, values),
    };
  }

  get #all(): BroadcastOperator {
    this.#everyone ??= new BroadcastOperator(this.space);
    return this.#everyone;
  }

  use(middleware: ConnectMiddleware): this {
    this.middleware.push(middleware);
    return this;
  }

  to(room: unknown): BroadcastOperator {
    return this.#all.to(room);
  }

  in(room: unknown): BroadcastOperator {
    return this.#all.to(room);
  }

  except(room: unknown): BroadcastOperator {
    return this.#all.except(room);
  }

  compress(compress: boolean): BroadcastOperator {
    return this.#all.compress(compress);
  }

  get volatile(): BroadcastOperator {
    return this.#all.volatile;
  }

  get local(): BroadcastOperator {
    return this.#all.local;
  }

  timeout(timeout: number): BroadcastOperator {
    return this.#all.timeout(timeout);
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    return this.#all.emit(event, ...values);
  }

  send(...values: unknown[]): this {
    this.emit("message", ...values);
    return this;
  }

  write(...values: unknown[]): this {
    return this.send(...values);
  }

  allSockets(): Promise<Set<string>> {
    return this.#all.allSockets();
  }

  fetchSockets(): Promise<unknown[]> {
    return this.#all.fetchSockets();
  }

  socketsJoin(room: unknown): void {
    this.#all.socketsJoin(room);
  }

  socketsLeave(room: unknown): void {
    this.#all.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.#all.disconnectSockets(close);
  }

  /**
   * @throws Error for a reserved name
   */
  serverSideEmit(event: unknown, ...values: unknown[]): boolean {
    if (reservedOnServers.has(event)) throw new Error(`"${String(event)}" is a reserved event name`);
    const callback = takeCallback(values);
    if (callback === null) {
      this.server.tellServers(this.name, [event, ...values]);
    } else {
      this.server.askServers(this.name, [event, ...values]).then(
        (responses) => this.call(callback, [null, responses]),
        (error: unknown) => this.call(callback, [error, []]),
      );
    }
    return true;
  }

  serverSideEmitWithAck(event: unknown, ...values: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.serverSideEmit(event, ...values, (error: unknown, responses: unknown) => {
        if (error) reject(Object.assign(error as Error, { responses }));
        else resolve(responses);
      });
    });
  }

  /** Calls the listeners of the namespace itself. */
  fire(event: string, values: readonly unknown[]): void {
    for (const listener of this.rawListeners(event)) this.call(listener as AnyListener, values);
  }

  /** Calls a function of the program outside of any client's event. Its errors are reported. */
  call(callback: (...values: unknown[]) => unknown, values: readonly unknown[]): void {
    const report = (error: unknown) =>
      this.server.report(error, `A listener in the namespace ${this.name} failed`);
    try {
      const result = Reflect.apply(callback, this, values);
      if (isThenable(result)) Promise.resolve(result).catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** Runs a function that handles an event of a client. Its errors are reported. */
  run(socket: Socket, event: HandledEvent, work: () => unknown): void {
    if (this.#own === null) this.call(work, []);
    else this.#own.run(socket, event, work);
  }

  /** Its first client comes. */
  onOpen(own: OwnHandlers): void {
    this.#own = own;
  }

  /** Runs the middleware for a client, and decides. What it throws refuses the client. */
  admit(socket: BridgeSocket, core: Socket, decide: (refusal?: Refusal) => void): void {
    const chain = [...this.middleware];
    const event = { name: "connect", args: core.auth === undefined ? [] : [core.auth] };
    const run = (index: number): void => {
      const middleware = chain[index];
      if (middleware === undefined) {
        decide();
        return;
      }
      let isOver = false;
      const refuse = (refusal: Refusal) => {
        isOver = true;
        decide(refusal);
      };
      const next = (error?: unknown) => {
        if (isOver) return;
        if (error) refuse(refusalOf(error));
        else run(index + 1);
      };
      const failed = (error: unknown) => {
        if (!isOver) refuse(rejected);
        throw error;
      };
      this.run(core, event, () => {
        try {
          const result = middleware(socket, next);
          return isThenable(result) ? Promise.resolve(result).catch(failed) : result;
        } catch (error) {
          return failed(error);
        }
      });
    };
    run(0);
  }

  /** A client has been accepted. */
  accept(socket: BridgeSocket, core: Socket): void {
    this.sockets.set(socket.id, socket);
    socket.connected = true;
    if (this.adapter.isWatched) this.adapter.onJoin(socket.id, socket.id, true);
    const event = { name: "connect", args: core.auth === undefined ? [] : [core.auth] };
    for (const name of ["connect", "connection"]) {
      for (const listener of this.rawListeners(name)) {
        this.run(core, event, () => Reflect.apply(listener, this, [socket]));
      }
    }
  }

  // What the adapter shows.

  readonly open = (): OpenNamespace | undefined => this.server.hub?.namespaces.get(this.name);

  idsIn(rooms: Iterable<string>): Promise<Set<string>> {
    const selection = { ...wholeNamespace, rooms: [...new Set(rooms)] };
    return new BroadcastOperator(this.space, selection).allSockets();
  }

  countServers(): Promise<number> {
    return this.server.countServers(this.name);
  }

  watchOutgoing(): void {
    this.server.watchOutgoing();
  }

  report(error: unknown): void {
    this.server.report(error);
  }
}

nameClass(BridgeNamespace, "Namespace");

/** Has the listeners of a server be those of its namespace `"/"`. */
export function takeListeners({
  prototype,
}: {
  readonly prototype: EventEmitter & { readonly sockets: BridgeNamespace };
}): void {
  for (const name of Object.keys(EventEmitter.prototype)) {
    if (typeof Reflect.get(EventEmitter.prototype, name) !== "function") continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: typeof prototype, ...values: unknown[]) {
        const { sockets } = this;
        const result: unknown = Reflect.apply(Reflect.get(sockets, name), sockets, values);
        return result === sockets ? this : result;
      },
    });
  }
}

/** What a client is told that middleware has refused. */
function refusalOf(error: unknown): Refusal {
  const { message, data } = error as { message?: unknown; data?: unknown };
  return { message: message as string, ...(data === undefined ? {} : { data }) };
}
