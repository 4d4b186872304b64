/**
 * Runs the handlers of one namespace: finds the handler, opens the session, sets the context, lets middleware have its
 * say, acknowledges with the result, and reports what goes wrong. Nothing that a handler does gets out of here as an
 * error.
 */

import { ConnectionRefusedError } from "../base/errors.ts";
import type { Trace } from "../base/trace.ts";
import { type HandlerContext, runInContext } from "../context/handler-context.ts";
import { toArguments } from "../contract/arguments.ts";
import type { DisconnectReason } from "../core/disconnect-reason.ts";
import type { Hub } from "../core/hub.ts";
import { type Middleware, runMiddleware } from "../core/middleware.ts";
import type { Answer, NamespaceHandlers, Refusal } from "../core/namespace.ts";
import type { SessionScope } from "../core/ports.ts";
import type { Socket } from "../core/socket.ts";
import type { ErrorHandler, Handler, HandlerRegistry, HandlerTable } from "./handler-table.ts";
import type { Logger } from "./logger.ts";
import type { MiddlewareContext } from "./middleware-context.ts";

/** What a dispatcher needs of its server. */
export interface DispatcherOwner {
  readonly registry: HandlerRegistry;
  readonly hub: Hub;
  readonly trace: Trace;
  readonly logger: Logger;
  /** Middleware of all namespaces. */
  readonly middleware: readonly Middleware<MiddlewareContext>[];
  /** Handles errors for which a namespace has no handler. */
  readonly defaultErrorHandler: ErrorHandler | null;
  /** A handler has started. */
  onStart(): void;
  /** A handler has come to its end. */
  onEnd(): void;
}

/** The acknowledgement that a caller gets when a handler failed. It tells nothing of the server's insides. */
export interface ErrorAnswer {
  readonly error: { readonly code: "ERR_HANDLER_FAILED" | "ERR_NO_HANDLER"; readonly message: string };
}

const handlerFailed: ErrorAnswer = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};
const noHandler: ErrorAnswer = {
  error: { code: "ERR_NO_HANDLER", message: "The server has no handler for this event." },
};
const rejected: Refusal = { message: "Connection rejected by server" };

/** A session that could not be opened. */
class SessionFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The handlers of one namespace in action. */
export class Dispatcher implements NamespaceHandlers {
  readonly #namespace: string;
  readonly #owner: DispatcherOwner;
  #tables: readonly HandlerTable[] = [];
  #version = -1;
  #middleware: readonly Middleware<MiddlewareContext>[] = [];
  #middlewareCount = -1;

  constructor(namespace: string, owner: DispatcherOwner) {
    this.#namespace = namespace;
    this.#owner = owner;
  }

  connect(socket: Socket): Refusal | undefined | Promise<Refusal | undefined> {
    const scope = this.#open(socket);
    return scope instanceof Promise
      ? scope.then((opened) => this.#connect(socket, opened))
      : this.#connect(socket, scope);
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const { trace } = this.#owner;
    if (trace.active) {
      trace.publish({
        type: "event received",
        sid: socket.sid,
        namespace: this.#namespace,
        event,
        args: values,
      });
    }
    const found = this.#find(event);
    if (found === undefined) {
      if (trace.active) {
        trace.publish({ type: "event without handler", sid: socket.sid, namespace: this.#namespace, event });
      }
      answer?.([noHandler]);
      return;
    }
    this.#owner.onStart();
    socket.sequence.start(
      () => this.#open(socket),
      (scope) => this.#handle(socket, event, values, found, scope, answer),
    );
  }

  disconnect(socket: Socket, reason: DisconnectReason): void {
    const handler = this.#special("disconnect");
    if (handler === undefined) return;
    this.#owner.onStart();
    // Not behind the events that still wait to start: the client is gone, and its room for them with it.
    const run = (scope: SessionScope | SessionFailure) =>
      this.#handle(socket, "disconnect", [reason], handler, scope, null);
    const scope = this.#open(socket);
    if (scope instanceof Promise) void scope.then(run);
    else run(scope);
  }

  #handle(
    socket: Socket,
    event: string,
    values: readonly unknown[],
    handler: Handler,
    scope: SessionScope | SessionFailure,
    answer: Answer | null,
  ): void {
    if (scope instanceof SessionFailure) {
      this.#fail(this.#context(socket, event, values, {}), scope.error, answer);
      return;
    }
    const context = this.#context(socket, event, values, scope.data);
    let result: unknown;
    try {
      result =
        event === "disconnect" ? runInContext(context, handler, values) : this.#run(context, handler, values);
    } catch (error) {
      this.#settle(context, scope, () => this.#fail(context, error, answer));
      return;
    }
    if (isThenable(result)) {
      result.then(
        (value) => this.#settle(context, scope, () => this.#succeed(context, value, answer)),
        (error: unknown) => this.#settle(context, scope, () => this.#fail(context, error, answer)),
      );
    } else {
      this.#settle(context, scope, () => this.#succeed(context, result, answer));
    }
  }

  /** Saves the session, then does what remains to be done. */
  #settle(context: HandlerContext, scope: SessionScope, finish: () => void): void {
    let saved: void | Promise<void>;
    try {
      saved = scope.end();
    } catch (error) {
      saved = Promise.reject(error);
    }
    if (saved instanceof Promise) {
      saved.catch((error: unknown) => this.#report(context, error)).finally(finish);
    } else {
      finish();
    }
  }

  #succeed(context: HandlerContext, value: unknown, answer: Answer | null): void {
    try {
      answer?.(toArguments(value));
    } catch (error) {
      // The value that the handler returned cannot be sent.
      this.#fail(context, error, answer);
      return;
    }
    this.#owner.onEnd();
  }

  #fail(context: HandlerContext, error: unknown, answer: Answer | null): void {
    const finish = (value: unknown) => {
      try {
        answer?.(toArguments(value));
      } catch (unsendable) {
        this.#log(context, unsendable);
        answer?.([handlerFailed]);
      }
      this.#owner.onEnd();
    };
    const result = this.#report(context, error);
    if (result instanceof Promise) void result.then(finish);
    else finish(result);
  }

  /** Hands an error to the error handler, or the log. Gives the acknowledgement; never throws or rejects. */
  #report(context: HandlerContext, error: unknown): unknown {
    const handler = this.#errorHandler();
    if (handler === null) {
      this.#log(context, error);
      return handlerFailed;
    }
    const fail = (second: unknown) => {
      this.#log(context, error);
      this.#log(context, second, "The error handler failed as well");
      return handlerFailed;
    };
    try {
      const result = runInContext(context, handler, [error]);
      return isThenable(result) ? Promise.resolve(result).catch(fail) : result;
    } catch (second) {
      return fail(second);
    }
  }

  #log({ socket, event }: HandlerContext, error: unknown, what = "The handler failed"): void {
    this.#owner.logger.error(
      `${what}: event ${JSON.stringify(event.name)}, namespace ${JSON.stringify(socket.namespace)}, sid ${socket.sid}`,
      error,
    );
  }

  #connect(
    socket: Socket,
    scope: SessionScope | SessionFailure,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const values = socket.auth === undefined ? [] : [socket.auth];
    if (scope instanceof SessionFailure)
      return this.#refuse(this.#context(socket, "connect", values, {}), scope.error);
    const context = this.#context(socket, "connect", values, scope.data);
    const handler = this.#special("connect") ?? (() => {});
    let result: unknown;
    this.#owner.onStart();
    try {
      result = this.#run(context, handler, values);
    } catch (error) {
      this.#owner.onEnd();
      return this.#refuse(context, error);
    }
    if (!isThenable(result)) {
      this.#owner.onEnd();
      const saved = scope.end();
      const refusal = result === false ? rejected : undefined;
      if (!(saved instanceof Promise)) return refusal;
      return saved.then(
        () => refusal,
        (error: unknown) => this.#refuse(context, error),
      );
    }
    return Promise.resolve(result)
      .then(async (value) => {
        await scope.end();
        return value === false ? rejected : undefined;
      })
      .catch((error: unknown) => this.#refuse(context, error))
      .finally(() => this.#owner.onEnd());
  }

  #refuse(context: HandlerContext, error: unknown): Refusal {
    if (error instanceof ConnectionRefusedError) return { message: error.message, data: error.data };
    void this.#report(context, error);
    return rejected;
  }

  #run(context: HandlerContext, handler: Handler, values: readonly unknown[]): unknown {
    const middleware = this.#chain();
    if (middleware.length === 0) return runInContext(context, handler, values);
    const { socket, event, session } = context;
    const args = [...values];
    const about: MiddlewareContext = {
      event: event.name,
      args,
      namespace: socket.namespace,
      sid: socket.sid,
      session,
    };
    return runInContext(context, () => runMiddleware(middleware, about, () => handler(...args)), []);
  }

  #open(socket: Socket): SessionScope | SessionFailure | Promise<SessionScope | SessionFailure> {
    const scope = socket.client.session.begin();
    return scope instanceof Promise ? scope.catch((error: unknown) => new SessionFailure(error)) : scope;
  }

  #context(
    socket: Socket,
    name: string,
    args: readonly unknown[],
    session: Record<string, unknown>,
  ): HandlerContext {
    return { hub: this.#owner.hub, socket, event: { name, args }, session };
  }

  /** The handler of an event that a client sent, as a function of the event's arguments. */
  #find(event: string): Handler | undefined {
    for (const { handlers } of this.#resolve()) {
      const handler = handlers.get(event);
      if (handler !== undefined) return handler;
      const catchAll = handlers.get("*");
      if (catchAll !== undefined) return (...values) => catchAll(event, ...values);
    }
    return undefined;
  }

  #special(event: "connect" | "disconnect"): Handler | undefined {
    for (const { handlers } of this.#resolve()) {
      const handler = handlers.get(event);
      if (handler !== undefined) return handler;
    }
    return undefined;
  }

  #errorHandler(): ErrorHandler | null {
    for (const { errorHandler } of this.#resolve()) if (errorHandler !== null) return errorHandler;
    return this.#owner.defaultErrorHandler;
  }

  #chain(): readonly Middleware<MiddlewareContext>[] {
    const tables = this.#resolve();
    let count = this.#owner.middleware.length;
    for (const table of tables) count += table.middleware.length;
    if (count !== this.#middlewareCount) {
      this.#middlewareCount = count;
      this.#middleware = [
        ...this.#owner.middleware,
        ...tables.toReversed().flatMap((table) => table.middleware),
      ];
    }
    return this.#middleware;
  }

  /** The tables that apply, looked up again when handlers were registered since. */
  #resolve(): readonly HandlerTable[] {
    const { registry } = this.#owner;
    if (this.#version !== registry.version) {
      this.#version = registry.version;
      this.#tables = registry.resolve(this.#namespace);
    }
    return this.#tables;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
