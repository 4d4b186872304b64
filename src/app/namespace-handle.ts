/** One namespace as the application meets it: registering handlers for it, and emitting into it from anywhere. */

import { RoomcastError } from "../base/errors.ts";
import {
  type CallOptions,
  defaultCallTimeout,
  deliveryOf,
  type EmitOptions,
  type SendOptions,
  targetOf,
} from "../context/emit-options.ts";
import { findContext } from "../context/handler-context.ts";
import { fromArguments } from "../contract/arguments.ts";
import type {
  AnswerValues,
  ClientToServerEvents,
  Contract,
  DataAndOptions,
  EventAnswer,
  EventHandler,
  MaybePromise,
  Register,
  ServerToClientEvents,
} from "../contract/events.ts";
import type { DisconnectReason } from "../core/disconnect-reason.ts";
import type { Hub } from "../core/hub.ts";
import type { Middleware } from "../core/middleware.ts";
import {
  checkFunction,
  type ErrorHandler,
  type Handler,
  type HandlerRegistry,
  type HandlerTable,
  type NamespacePattern,
} from "./handler-table.ts";
import type { MiddlewareContext } from "./middleware-context.ts";

/** The handlers of the events that every namespace has. */
export interface SpecialHandlers {
  /**
   * A client asks to join; what it sent along is the argument. Returning `false` or throwing
   * {@link ConnectionRefusedError} refuses it. Events emitted here follow the acceptance.
   */
  // biome-ignore lint/suspicious/noExplicitAny: clients send what they like
  connect: (auth: any) => MaybePromise<unknown>;
  /** A client that was accepted has left. Its rooms and session can still be read. */
  disconnect: (reason: DisconnectReason) => MaybePromise<unknown>;
  /** Every event that has no handler of its own; the event's name comes first. */
  // biome-ignore lint/suspicious/noExplicitAny: any event with any arguments comes here
  "*": (event: string, ...values: any[]) => MaybePromise<unknown>;
}

/** The events that can be handled: the special ones, and those that clients send. */
export type HandledEvents<C> = SpecialHandlers & ClientToServerEvents<C>;

/** The handler of an event. */
export type HandlerOf<C, Name> = Name extends keyof SpecialHandlers
  ? SpecialHandlers[Name]
  : Name extends keyof ClientToServerEvents<C>
    ? EventHandler<ClientToServerEvents<C>[Name]>
    : never;

/** Several handlers by their events' names. */
export type Handlers<C> = { [Name in keyof HandledEvents<C> & string]?: HandlerOf<C, Name> };

/** Which client and room. */
export interface SidOptions {
  /** The client (by its sid). */
  sid: string;
}

/** What a namespace handle needs of its server. */
export interface NamespaceHandleOwner {
  readonly registry: HandlerRegistry;
  readonly hub: Hub;
}

/** A namespace, or with a pattern for its name all namespaces that match. */
export class NamespaceHandle<C extends Contract = Register> {
  /** The namespace's name or pattern. */
  readonly name: NamespacePattern;
  readonly #registry: HandlerRegistry;
  readonly #hub: Hub;

  /** @internal */
  constructor(name: NamespacePattern, owner: NamespaceHandleOwner) {
    this.name = name;
    this.#hub = owner.hub;
    this.#registry = owner.registry;
  }

  /**
   * Handles an event. What the handler returns is the acknowledgement. It may be registered at any time and applies to
   * clients that are there already.
   *
   * @param event - the event's name, or `"connect"`, `"disconnect"`, `"*"`
   * @param handler - gets the event's arguments
   * @throws {@link RoomcastError} `ERR_HANDLER` when the event has a handler already
   */
  on<Name extends keyof HandledEvents<C> & string>(event: Name, handler: HandlerOf<C, Name>): this {
    this.#table.add(event, handler as Handler);
    return this;
  }

  /** The same as {@link on}, under Flask-SocketIO's name. */
  onEvent<Name extends keyof HandledEvents<C> & string>(event: Name, handler: HandlerOf<C, Name>): this {
    return this.on(event, handler);
  }

  /**
   * Handles the event that the function is named after: `event(function my_ping() { … })`.
   *
   * @param handler - a function with a name
   * @throws {@link RoomcastError} `ERR_HANDLER` when it has no name
   */
  event(handler: Handler): this {
    if (typeof handler !== "function" || handler.name === "") {
      throw new RoomcastError(
        "ERR_HANDLER",
        "event() takes a function whose name is the event's name, as in event(function my_ping() {}); for one without a name use on(name, handler).",
      );
    }
    this.#table.add(handler.name, handler);
    return this;
  }

  /**
   * Handles several events: each property's name is the event's name.
   *
   * @param handlers - functions by event
   * @throws {@link RoomcastError} `ERR_HANDLER`, and then none is registered
   */
  events(handlers: Handlers<C>): this {
    const added: string[] = [];
    try {
      for (const [event, handler] of Object.entries(handlers)) {
        if (handler === undefined) continue;
        this.#table.add(event, handler as Handler);
        added.push(event);
      }
    } catch (error) {
      for (const event of added) this.#table.handlers.delete(event);
      throw error;
    }
    return this;
  }

  /** Takes an event's handler away. */
  off(event: keyof HandledEvents<C> & string): this {
    this.#table.handlers.delete(event);
    return this;
  }

  /** Adds a function around the handlers of `connect` and of every event that clients send. */
  use(middleware: Middleware<MiddlewareContext>): this {
    checkFunction("Middleware", middleware);
    this.#table.middleware.push(middleware);
    return this;
  }

  /** Handles what this namespace's handlers throw. What it returns is the acknowledgement: see {@link ErrorHandler}. */
  onError(handler: ErrorHandler): this {
    checkFunction("An error handler", handler);
    this.#table.errorHandler = handler;
    return this;
  }

  /**
   * Sends an event to every client of the namespace, unless the options say otherwise.
   *
   * @param event - the event's name
   * @param rest - the data (none, one value, or `args(…)` for several) and the options
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be sent
   */
  emit<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<
      ServerToClientEvents<C>[Name],
      Omit<EmitOptions<AnswerValues<ServerToClientEvents<C>[Name]>>, "namespace">
    >
  ): void {
    const [data, options = {}] = rest as [unknown, EmitOptions?];
    this.#emit(event, data, options);
  }

  /** Sends the `message` event, or `json` with the option `json: true`, like {@link emit}. */
  send(data: unknown, options: Omit<SendOptions, "namespace"> = {}): void {
    const { json, ...rest } = options;
    this.#emit(json === true ? "json" : "message", data, rest);
  }

  /**
   * Sends an event to one client and waits for its acknowledgement.
   *
   * @param event - the event's name
   * @param rest - the data and the options: `to`, the client's sid, and `timeout` in ms, default 60 000
   * @returns what the client answers with: a value, or a list of several
   * @throws {@link TimeoutError} when the client does not answer in time
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is not there or leaves without an answer
   */
  async call<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerToClientEvents<C>[Name], Omit<CallOptions, "namespace">>
  ): Promise<EventAnswer<ServerToClientEvents<C>[Name]>> {
    const [data, options = {}] = rest as [unknown, CallOptions?];
    const { to, timeout = defaultCallTimeout } = options;
    if (to === undefined) {
      throw new RoomcastError("ERR_OPTION", `call("${event}") needs to know whom to ask: { to: sid }.`);
    }
    const socket = this.#hub.socket(this.#single(), to);
    const values = await this.#hub.call(socket, event, data, timeout);
    return fromArguments(values) as EventAnswer<ServerToClientEvents<C>[Name]>;
  }

  /**
   * Puts a client into a room. It takes effect at once in this process.
   *
   * @returns a promise that settles when all processes know of it
   */
  joinRoom(room: string, { sid }: SidOptions): Promise<void> {
    const socket = this.#hub.socket(this.#single(), sid);
    if (socket !== undefined) this.#hub.join(socket, room);
    return Promise.resolve();
  }

  /** Takes a client out of a room. */
  leaveRoom(room: string, { sid }: SidOptions): void {
    const socket = this.#hub.socket(this.#single(), sid);
    if (socket !== undefined) this.#hub.leave(socket, room);
  }

  /** Takes everybody out of a room, which ends it. */
  closeRoom(room: string): void {
    this.#hub.closeRoom(this.#single(), room);
  }

  /** The rooms that a client is in, beginning with the one that is its own sid; empty when it is not there. */
  rooms({ sid }: SidOptions): string[] {
    const socket = this.#hub.socket(this.#single(), sid);
    return socket === undefined ? [] : [socket.sid, ...socket.rooms];
  }

  /** Disconnects a client from the namespace, after what was sent to it before; `close` ends its whole connection. */
  disconnect({ sid, close = false }: SidOptions & { close?: boolean | undefined }): void {
    const socket = this.#hub.socket(this.#single(), sid);
    socket?.disconnect();
    if (close) socket?.client.closeConnection();
  }

  #emit(event: string, data: unknown, options: EmitOptions): void {
    // From anywhere the whole namespace is meant; a sender is known only for includeSelf.
    const origin = findContext()?.socket ?? null;
    const all = { ...options, namespace: this.#single(), broadcast: true };
    this.#hub.emit(targetOf(all, origin), event, data, deliveryOf(all));
  }

  /** Registering anything opens the namespace to clients, as `socketio.namespace()` itself does. */
  get #table(): HandlerTable {
    return this.#registry.table(this.name);
  }

  #single(): string {
    if (typeof this.name === "string" && this.name !== "*") return this.name;
    throw new RoomcastError(
      "ERR_NAMESPACE",
      `${String(this.name)} stands for many namespaces: name the one that is meant, as in socketio.namespace("/chat").`,
    );
  }
}
