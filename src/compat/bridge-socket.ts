/**
 * A client in a namespace, as programs of socket.io know it: an emitter of the events that the client sends,
 * whose `emit` sends.
 */

import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { HandledEvent } from "../context/handler-context.ts";
import { Arguments } from "../contract/arguments.ts";
import type { Hub } from "../core/hub.ts";
import { clientIn } from "../core/model/target.ts";
import type { Socket } from "../core/socket/socket.ts";
import { BroadcastOperator, type OperatorSpace, wholeNamespace } from "./broadcast-operator.ts";
import { nameClass } from "./class-name.ts";
import { handshakeOf } from "./handshake.ts";
import { type EventFlags, noFlags, roomNamesOf, sentEventName, takeCallback, timedOut } from "./room-list.ts";
import type { Handshake } from "./types/plain-api.ts";

/** Any listener. */
// biome-ignore lint/suspicious/noExplicitAny: the program knows the arguments of its events
export type AnyListener = (...values: any[]) => unknown;

/** A function before listeners. */
export type SocketMiddleware = (event: unknown[], next: (error?: Error) => void) => unknown;

/** The namespace, as its sockets know it. */
export interface SocketNamespace extends OperatorSpace {
  readonly server: unknown;
  readonly hub: Hub;
  readonly adapter: unknown;
  /** Runs a function that handles an event of a client. Its errors are reported. */
  run(socket: Socket, event: HandledEvent, work: () => unknown): void;
  /** A socket listens to the events that are sent to it. */
  watchOutgoing(): void;
}

/** The connection, as its sockets know it. */
export interface SocketClient {
  readonly id: string;
  readonly conn: unknown;
  readonly request: IncomingMessage;
  /** Ends the whole connection. */
  disconnect(): void;
}

/** Finds the connections of sockets. */
export interface SocketClients {
  of(socket: Socket): SocketClient;
}

/** A client in a namespace. */
export class BridgeSocket extends EventEmitter {
  readonly nsp: SocketNamespace;
  readonly id: string;
  readonly recovered: boolean;
  connected = false;
  readonly #clients: SocketClients;
  readonly #core: Socket;
  #handshake: Handshake | null = null;
  #flags: EventFlags = noFlags;
  #middleware: SocketMiddleware[] | null = null;
  #incoming: AnyListener[] | null = null;
  #outgoing: AnyListener[] | null = null;

  constructor(nsp: SocketNamespace, clients: SocketClients, core: Socket) {
    super();
    this.nsp = nsp;
    this.#clients = clients;
    this.id = core.sid;
    this.recovered = core.recovered;
    this.#core = core;
  }

  get client(): SocketClient {
    return this.#clients.of(this.#core);
  }

  get server(): unknown {
    return this.nsp.server;
  }

  get adapter(): unknown {
    return this.nsp.adapter;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  get conn(): unknown {
    return this.client.conn;
  }

  get request(): IncomingMessage {
    return this.client.request;
  }

  get handshake(): Handshake {
    const { client, auth } = this.#core;
    this.#handshake ??= handshakeOf(client.request, client.connectedAt, auth);
    return this.#handshake;
  }

  /** Where native handlers have it as well: their `request.publicData`. */
  get data(): unknown {
    const data = this.#core.publicData;
    // Programs call the methods that objects have there, such as hasOwnProperty().
    if (Object.getPrototypeOf(data) === null) Object.setPrototypeOf(data, Object.prototype);
    return data;
  }

  set data(given: unknown) {
    const data = given as Record<string, unknown>;
    const { publicData, recoverable } = this.#core;
    if (recoverable === null) {
      this.#core.publicData = data;
      return;
    }
    // Recovery keeps the object.
    for (const name of Object.keys(publicData)) delete publicData[name];
    Object.assign(publicData, data);
  }

  get rooms(): Set<string> {
    if (this.connected) return new Set([this.id, ...this.#core.rooms]);
    return new Set(this.#core.isClosed ? [] : this.#core.rooms);
  }

  /**
   * @throws Error for a reserved name
   * @throws {@link RoomcastError} `ERR_PAYLOAD`
   */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    const name = sentEventName(event);
    const callback = takeCallback(values);
    const flags = this.#takeFlags();
    if (callback === null) this.nsp.hub.broadcaster.reply(this.#core, name, new Arguments(values), flags);
    else this.#ask(name, values, flags, callback);
    return true;
  }

  emitWithAck(event: string, ...values: unknown[]): Promise<unknown> {
    const withError = this.#flags.timeout !== undefined;
    return new Promise((resolve, reject) => {
      this.emit(event, ...values, (first: unknown, second: unknown) => {
        if (!withError) resolve(first);
        else if (first) reject(first);
        else resolve(second);
      });
    });
  }

  to(room: unknown): BroadcastOperator {
    return this.#others().to(room);
  }

  in(room: unknown): BroadcastOperator {
    return this.#others().in(room);
  }

  except(room: unknown): BroadcastOperator {
    return this.#others().except(room);
  }

  get broadcast(): BroadcastOperator {
    return this.#others();
  }

  get local(): BroadcastOperator {
    return this.#others().local;
  }

  get volatile(): this {
    this.#flags = { ...this.#flags, volatile: true };
    return this;
  }

  compress(compress: boolean): this {
    this.#flags = { ...this.#flags, compress };
    return this;
  }

  timeout(timeout: number): this {
    this.#flags = { ...this.#flags, timeout };
    return this;
  }

  send(...values: unknown[]): this {
    this.emit("message", ...values);
    return this;
  }

  write(...values: unknown[]): this {
    return this.send(...values);
  }

  /**
   * @returns settles when other processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` or `ERR_LIMIT`
   */
  join(rooms: unknown): Promise<void> {
    const { namespace, address } = this.#core;
    const { operations } = this.nsp.hub;
    const target = clientIn(namespace, address);
    if (typeof rooms === "string" && rooms !== this.id) return operations.join(target, rooms);
    const others = roomNamesOf(rooms).filter((room) => room !== this.id);
    return Promise.all(others.map((room) => operations.join(target, room))).then(() => {});
  }

  leave(room: unknown): Promise<void> {
    const { namespace, address } = this.#core;
    return this.nsp.hub.operations.leave(clientIn(namespace, address), String(room));
  }

  disconnect(close = false): this {
    if (!this.connected) return this;
    if (close) this.client.disconnect();
    else this.#core.disconnect();
    return this;
  }

  use(middleware: SocketMiddleware): this {
    this.#middleware ??= [];
    this.#middleware.push(middleware);
    return this;
  }

  onAny(listener: AnyListener): this {
    this.#incoming = [...this.listenersAny(), listener];
    return this;
  }

  prependAny(listener: AnyListener): this {
    this.#incoming = [listener, ...this.listenersAny()];
    return this;
  }

  offAny(listener?: AnyListener): this {
    const left = without(this.listenersAny(), listener);
    this.#incoming = left.length === 0 ? null : left;
    return this;
  }

  listenersAny(): AnyListener[] {
    return this.#incoming ?? [];
  }

  onAnyOutgoing(listener: AnyListener): this {
    this.#outgoing = [...this.listenersAnyOutgoing(), listener];
    this.nsp.watchOutgoing();
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    this.#outgoing = [listener, ...this.listenersAnyOutgoing()];
    this.nsp.watchOutgoing();
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    this.#outgoing = without(this.listenersAnyOutgoing(), listener);
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    return this.#outgoing ?? [];
  }

  /** Whether it stands for a socket of the core: a client that has come back has its old id. */
  isOf(core: Socket): boolean {
    return core === this.#core;
  }

  /** Tells the listeners of outgoing events. */
  tellOutgoing(event: string, values: readonly unknown[]): void {
    for (const listener of this.#outgoing ?? []) this.#call(event, listener, [event, ...values]);
  }

  /** Whether functions see its events before the listeners do: middleware, or listeners of all events. */
  get isFiltered(): boolean {
    return this.#middleware !== null || this.#incoming !== null;
  }

  /**
   * Hands an event that the client has sent to everything that sees it before the listeners do.
   *
   * @param callback - answers it; `null` when the client asked for no answer
   * @param deliver - called with the arguments and the callback if nothing has stopped the event
   */
  filter(
    event: string,
    values: readonly unknown[],
    callback: AnyListener | null,
    deliver: (values: readonly unknown[]) => void,
  ): void {
    const packet: unknown[] = callback === null ? [event, ...values] : [event, ...values, callback];
    for (const listener of this.listenersAny()) this.#call(event, listener, packet);
    const pass = () => {
      if (this.connected) deliver(packet.slice(1));
    };
    if (this.#middleware === null) pass();
    else this.#pass(event, packet, pass);
  }

  /** Calls the listeners of an event; returns how many there were. */
  fire(event: string, values: readonly unknown[]): number {
    const listeners = this.rawListeners(event);
    for (const listener of listeners) this.#call(event, listener as AnyListener, values);
    return listeners.length;
  }

  #call(event: string, listener: AnyListener, values: readonly unknown[]): void {
    this.nsp.run(this.#core, { name: event, args: values }, () => Reflect.apply(listener, this, values));
  }

  /** Runs the middleware. What an error refuses goes to the listeners of `error`. */
  #pass(event: string, packet: unknown[], deliver: () => void): void {
    const chain = [...(this.#middleware ?? [])];
    const run = (index: number): void => {
      const middleware = chain[index];
      if (middleware === undefined) {
        deliver();
        return;
      }
      const next = (error?: Error) => {
        if (error) this.fire("error", [error]);
        else run(index + 1);
      };
      this.nsp.run(this.#core, { name: event, args: packet.slice(1) }, () => middleware(packet, next));
    };
    run(0);
  }

  #takeFlags(): EventFlags {
    const flags = this.#flags;
    this.#flags = noFlags;
    return flags;
  }

  #others(): BroadcastOperator {
    const flags = this.#takeFlags();
    return new BroadcastOperator(this.nsp, { ...wholeNamespace, except: [this.id], flags });
  }

  /** Sends an event whose answer goes to a callback. Without a timeout it may never come. */
  #ask(
    event: string,
    values: readonly unknown[],
    { timeout, ...flags }: EventFlags,
    callback: (...answer: unknown[]) => unknown,
  ): void {
    const { hub } = this.nsp;
    const core = this.#core;
    const packet = hub.codec.event(core.namespace, event, values, flags);
    const call = (answer: readonly unknown[]) => this.#call(event, callback, answer);
    let stop = () => {};
    const timer =
      timeout === undefined
        ? null
        : hub.clock.after(
            timeout,
            () => {
              stop();
              call([timedOut()]);
            },
            true,
          );
    const onAnswer = (answer: readonly unknown[]) => {
      timer?.cancel();
      call(timer === null ? answer : [null, ...answer]);
    };
    hub.namespaces.inTurn(core.namespace, [core], () => {
      stop = core.request(packet, { onAnswer, onGone() {} });
    });
    if (hub.outgoing.isWatched) hub.outgoing.onSent(clientIn(core.namespace, core.sid), event, values, 1);
  }
}

nameClass(BridgeSocket, "Socket");

/** A list without one of its members; an empty one where none is named. */
function without(listeners: readonly AnyListener[], listener: AnyListener | undefined): AnyListener[] {
  if (listener === undefined) return [];
  const index = listeners.indexOf(listener);
  return index === -1 ? [...listeners] : listeners.toSpliced(index, 1);
}
