/**
 * One namespace as the application meets it: registering handlers for it, and emitting into it from anywhere.
 */

import { checkFunction } from "../base/check-function.ts";
import { RoomcastError } from "../base/errors.ts";
import { isPlainObject, show } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import type {
  AuthData,
  ClientToServerEvents,
  Contract,
  EventHandler,
  MaybePromise,
  Register,
} from "../contract/events.ts";
import type { Hub } from "../core/hub.ts";
import type { DisconnectReason } from "../core/model/disconnect-reason.ts";
import type { ErrorHandler, Handler, HandlerRegistry, HandlerTable } from "./handlers/handler-table.ts";
import type { AnyMiddleware, Middleware, MiddlewareContext } from "./handlers/middleware-context.ts";
import { Operations, type SettledNamespace } from "./operations.ts";
import { describePattern, type NamespacePattern } from "./options/namespace-pattern.ts";

/** The handlers of the events that every namespace has. */
export interface SpecialHandlers<C> {
  /**
   * A client asks to join; what it sent along is the argument. Returning `false` or throwing
   * {@link ConnectionRefusedError} refuses it. Events emitted here follow the acceptance.
   */
  connect: (auth: AuthData<C>) => MaybePromise<unknown>;
  /** A client that was accepted has left. Its rooms and session can still be read. */
  disconnect: (reason: DisconnectReason) => MaybePromise<unknown>;
  /** Every event that has no handler of its own; the event's name comes first. */
  // biome-ignore lint/suspicious/noExplicitAny: any event with any arguments comes here
  "*": (event: string, ...values: any[]) => MaybePromise<unknown>;
}

/** The events that can be handled: the special ones, and those that clients send. */
export type HandledEvents<C> = SpecialHandlers<C> & ClientToServerEvents<C>;

/** The handler of an event. The compiler's message shows the text for a name that cannot be handled. */
export type HandlerOf<C, Name> = Name extends keyof SpecialHandlers<C>
  ? SpecialHandlers<C>[Name]
  : Name extends "connection"
    ? 'use "connect": its handler gets auth and no socket'
    : Name extends keyof ClientToServerEvents<C>
      ? EventHandler<ClientToServerEvents<C>[Name]>
      : never;

/** Several handlers by their events' names. */
export type Handlers<C> = { [Name in keyof HandledEvents<C> & string]?: HandlerOf<C, Name> };

/** What a namespace handle needs of its server. */
export interface NamespaceHandleOwner {
  readonly registry: HandlerRegistry;
  readonly hub: Hub;
}

/** A namespace, or with a pattern for its name all namespaces that match. */
export class NamespaceHandle<C extends Contract = Register> extends Operations<C, SettledNamespace> {
  /** The namespace's name or pattern. */
  readonly name: NamespacePattern;
  readonly #registry: HandlerRegistry;

  /** @internal */
  constructor(name: NamespacePattern, owner: NamespaceHandleOwner) {
    super({
      hub: () => owner.hub,
      namespaceOf(options) {
        if (options?.namespace === undefined) return name;
        throw new RoomcastError(
          "ERR_OPTION",
          `A namespace's handle has no option "namespace": it stands for ${describePattern(name)}. For another, use socketio.namespace(${quoted(options.namespace)}).`,
        );
      },
    });
    this.name = name;
    this.#registry = owner.registry;
  }

  /**
   * Handles an event. What the handler returns is the acknowledgement. It may be registered at any time and
   * applies to clients that are there already.
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
    if (!isPlainObject(handlers)) {
      throw new RoomcastError(
        "ERR_HANDLER",
        `events() takes an object of handlers by their events' names, not ${show(handlers)}.`,
      );
    }
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

  /**
   * Handles clients that have been accepted: after `connect`, and before every event of theirs.
   *
   * @param handler - gets nothing. It acts for the client, which has its acceptance already
   * @throws {@link RoomcastError} `ERR_HANDLER` when it is not a function, or the namespace has one already
   */
  onAccepted(handler: () => MaybePromise<unknown>): this {
    this.#table.addAccepted(handler);
    return this;
  }

  /** Adds a function around the handlers of `connect` and of every event that clients send. */
  use(middleware: Middleware<MiddlewareContext<C>>): this {
    checkFunction("Middleware", middleware);
    this.#table.middleware.push(middleware as AnyMiddleware);
    return this;
  }

  /**
   * Handles what this namespace's handlers throw. What it returns is the acknowledgement: see {@link
   * ErrorHandler}.
   */
  onError(handler: ErrorHandler): this {
    checkFunction("An error handler", handler);
    this.#table.errorHandler = handler;
    return this;
  }

  /** Registering anything opens the namespace to clients, as `socketio.namespace()` itself does. */
  get #table(): HandlerTable {
    return this.#registry.table(this.name);
  }
}
