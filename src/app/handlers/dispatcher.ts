/**
 * Runs the handlers of one namespace: finds the handler, opens the session, sets the context, runs the
 * middleware, acknowledges with the result, and reports errors. No error of a handler leaves this file.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { emptyData } from "../../base/bare-data.ts";
import {
  type Callback,
  type CallbackRunner,
  type ContextEntrance,
  type HandledEvent,
  type HandlerContext,
  runInContext,
} from "../../context/handler-context.ts";
import { toArguments } from "../../contract/arguments.ts";
import type { DisconnectReason } from "../../core/model/disconnect-reason.ts";
import { runMiddleware } from "../../core/namespace/middleware.ts";
import type { NamespaceMeter } from "../../core/namespace/namespace-meter.ts";
import {
  type Answer,
  type AnsweredFailure,
  type NamespaceHandlers,
  type Refusal,
  rejected,
} from "../../core/namespace/open-namespace.ts";
import type { SessionScope } from "../../core/ports.ts";
import type { Socket } from "../../core/socket/socket.ts";
import { waitingWeight } from "../../core/socket/waiting-weight.ts";
import { isReady } from "./client-session.ts";
import type { DispatcherOwner } from "./dispatcher-owner.ts";
import { HandlerErrors } from "./handler-errors.ts";
import { HandlerLookup } from "./handler-lookup.ts";
import { HandlerObservation } from "./handler-observation.ts";
import { Failure, handlerFailed, isThenable, noHandler, refusalIn } from "./handler-result.ts";
import type { Handler, HandlerTable } from "./handler-table.ts";
import type { MiddlewareEvent } from "./middleware-context.ts";
import { WatchedEvent } from "./watched-event.ts";

/** One handler from its start to its end. */
interface Run {
  readonly context: HandlerContext;
  readonly scope: SessionScope;
  /** Called once with the result of the handler, when its session is kept. */
  readonly finish: Finish;
  /**
   * Resolves when middleware has called the handler, or ended without it. The client's next event waits for
   * that: handlers start in the order of their events.
   */
  begun: Promise<void> | undefined;
}

/** Calls the handler of a run. */
type Call = (run: Run) => unknown;

type Told = void | Promise<void>;

type Finish = (result: unknown, context: HandlerContext) => Told;

/** The handlers of one namespace in action. */
export class Dispatcher implements NamespaceHandlers, CallbackRunner {
  readonly #lookup: HandlerLookup;
  readonly #owner: DispatcherOwner;
  readonly #errors: HandlerErrors;
  readonly #observation: HandlerObservation;

  /**
   * @param namespace - the namespace's name
   * @param rule - the table whose function has let clients in; `null` where the name alone does
   * @param owner - the server
   */
  constructor(namespace: string, rule: HandlerTable | null, owner: DispatcherOwner) {
    this.#lookup = new HandlerLookup(namespace, rule, owner.registry, owner.middleware);
    this.#lookup.guard = owner.guard ?? null;
    this.#owner = owner;
    this.#errors = new HandlerErrors(owner, () => this.#lookup.errorHandler());
    this.#observation = new HandlerObservation(owner.trace.operations, this.#lookup);
  }

  measure(meter: NamespaceMeter): void {
    this.#observation.measure(meter);
  }

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    const handler = this.#lookup.special("connect");
    const hasMiddleware = this.#lookup.middleware().length > 0;
    if (handler === undefined && !hasMiddleware && !this.#observation.watchesConnects && isReady(socket)) {
      decide();
      return;
    }
    const values = socket.auth === undefined ? [] : [socket.auth];
    // A client can withdraw its request and send the next one while the handler still runs, again and again.
    const weight = waitingWeight(values);
    if (!socket.client.holdWaiting(weight)) return;
    // Middleware that does not call next() has not let the client in.
    let reached = !hasMiddleware;
    const reach: Handler = (...given) => {
      reached = true;
      return (handler ?? acceptAll)(...given);
    };
    this.#start(
      socket,
      this.#observation.connect(socket, values),
      (run) => this.#callConnect(run, hasMiddleware ? reach : (handler ?? acceptAll), values),
      (result, context) => {
        socket.client.endWaiting(weight);
        const refusal = this.#errors.refusalOf(context, result) ?? (reached ? undefined : rejected);
        if (refusal !== undefined && context.event instanceof WatchedEvent)
          context.event.refuse(refusal.message);
        decide(refusal);
      },
    );
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const { trace } = this.#owner;
    const { sid, namespace, sequence } = socket;
    const weight = sequence.isIdle ? 0 : waitingWeight(values);
    if (weight > 0 && !socket.client.holdWaiting(weight)) return;
    if (trace.active) trace.publish({ type: "event received", sid, namespace, event, args: values });
    let handler = this.#lookup.find(event);
    if (trace.active && handler !== undefined && handler.length > values.length) {
      // Handlers of Socket.IO have a callback behind their arguments.
      const [expected, received] = [handler.length, values.length];
      trace.publish({ type: "arguments missing", sid, namespace, event, expected, received });
    }
    if (handler === undefined) {
      if (trace.active) trace.publish({ type: "event without handler", sid, namespace, event });
      // Middleware sees the event all the same: it may count or refuse everything that a client sends.
      handler = () => {
        if (this.#owner.isWatched(socket)) this.#owner.onUnhandled(socket, this.#lookup.noHandler(event));
        return noHandler;
      };
    }
    const found = handler;
    this.#start(
      socket,
      this.#observation.event(socket, event, values, answer !== null),
      (run) => this.#call(run, found, values),
      answer === null ? ignore : (result, context) => this.#acknowledge(context, result, answer),
      weight,
    );
  }

  accepted(socket: Socket): void {
    const handler = this.#lookup.acceptedHandler();
    if (handler !== null) this.run(socket, this.#observation.accepted(socket), handler);
  }

  fail(socket: Socket, { name, args }: HandledEvent, error: unknown, answer: Answer | null): void {
    this.#start(
      socket,
      this.#observation.event(socket, name, args, answer !== null),
      () => new Failure(error),
      answer === null ? ignore : (result, context) => this.#acknowledge(context, result, answer),
    );
  }

  disconnect(socket: Socket, reason: DisconnectReason): void {
    const handler = this.#lookup.special("disconnect");
    if (handler === undefined) return;
    const args = [reason];
    this.#start(
      socket,
      this.#observation.event(socket, "disconnect", args, false),
      ({ context }) => runInContext(context, handler, args),
      ignore,
    );
  }

  /** Whether an event has a handler of its own, or one for all events; `null` for none. */
  handles(event: string): "own" | "all" | null {
    return this.#lookup.kind(event);
  }

  /**
   * Runs a function like a handler of an event, but for middleware and acknowledgement: with the ambient
   * functions, the client's session and the error handler.
   */
  run(socket: Socket, event: HandledEvent, work: () => unknown): void {
    this.#start(socket, event, ({ context }) => runInContext(context, work, []), ignore);
  }

  entrance({ event }: HandlerContext): ContextEntrance | null {
    return event instanceof WatchedEvent && event.isSurrounded ? AsyncLocalStorage.snapshot() : null;
  }

  resume(
    { socket, event }: HandlerContext,
    callback: Callback,
    values: readonly unknown[],
    enter: ContextEntrance | null,
  ): void {
    // What watches the event watches the handler, and does not end a second time.
    const plain = event instanceof WatchedEvent ? { name: event.name, args: event.args } : event;
    const call: Call = ({ context }) =>
      enter === null
        ? runInContext(context, callback, values)
        : enter(() => runInContext(context, callback, values));
    // A handler that waits for its callback would wait forever if the callback waited for the handler.
    if (this.#owner.isSerial) this.#startBeside(socket, plain, call, ignore);
    else this.#start(socket, plain, call, ignore);
  }

  // This and #begin take no object: that would be an allocation for each event.
  /** Runs a handler when all earlier handlers of its client have started. */
  #start(socket: Socket, event: HandledEvent, call: Call, finish: Finish, weight = 0): void {
    this.#owner.onStart();
    socket.running += 1;
    const { sequence } = socket;
    if (sequence.isIdle) {
      // Nearly always there is nothing to wait for, so nothing is kept for later.
      const opened = this.#open(socket);
      const begun =
        opened instanceof Promise
          ? opened.then((late) => this.#begin(socket, event, late, call, finish))
          : this.#begin(socket, event, opened, call, finish);
      if (begun !== undefined) sequence.follow(begun);
    } else {
      sequence.start(
        () => this.#open(socket),
        (opened) => {
          socket.client.endWaiting(weight);
          return this.#begin(socket, event, opened, call, finish);
        },
      );
    }
  }

  /** Runs a handler that neither waits for others of its client nor delays them. */
  #startBeside(socket: Socket, event: HandledEvent, call: Call, finish: Finish): void {
    this.#owner.onStart();
    const opened = this.#open(socket);
    if (opened instanceof Promise) void opened.then((late) => this.#begin(socket, event, late, call, finish));
    else void this.#begin(socket, event, opened, call, finish);
  }

  /** Returns the promise that the client's next event waits for, if any. */
  #begin(
    socket: Socket,
    event: HandledEvent,
    opened: SessionScope | Failure,
    call: Call,
    finish: Finish,
  ): undefined | Promise<void> {
    const scope = Failure.is(opened) ? { data: emptyData(), end() {} } : opened;
    const { hub } = this.#owner;
    const context: HandlerContext = {
      hub,
      socket,
      event,
      scope,
      resumption: this,
      isOver: false,
    };
    const run: Run = { context, scope, finish, begun: undefined };
    if (event instanceof WatchedEvent) {
      event.begin();
      if (event.isSurrounded) return event.run(() => this.#run(run, opened, call));
    }
    return this.#run(run, opened, call);
  }

  #run(run: Run, opened: SessionScope | Failure, call: Call): undefined | Promise<void> {
    let result: unknown;
    try {
      result = Failure.is(opened) ? opened : call(run);
      if (isThenable(result)) {
        const ended = Promise.resolve(result).then(
          (value) => this.#recover(run, value),
          (error: unknown) => this.#recover(run, new Failure(error)),
        );
        return this.#owner.isSerial ? ended : run.begun;
      }
    } catch (error) {
      result = new Failure(error);
    }
    // The next handler must find the changes of one that is done already in the session.
    return this.#recover(run, result);
  }

  /** Calls the error handler, if there was an error. */
  #recover(run: Run, result: unknown): undefined | Promise<void> {
    const handled = Failure.is(result) ? this.#errors.report(run.context, result) : undefined;
    if (!(handled instanceof Promise)) return this.#end(run, result);
    const ended = handled.then(() => this.#end(run, result));
    // A slow error handler delays no other event, unless each waits for the one before.
    return this.#owner.isSerial ? ended : undefined;
  }

  /** Keeps the session, then reports the result of the handler. */
  #end(run: Run, result: unknown): undefined | Promise<void> {
    const kept = run.scope.end();
    if (!(kept instanceof Promise)) {
      this.#finish(run, result);
      return undefined;
    }
    return kept.then(
      () => this.#finish(run, result),
      (error: unknown) => {
        const failure = new Failure(error);
        const handled = this.#errors.report(run.context, failure);
        if (handled instanceof Promise) void handled.then(() => this.#finish(run, failure));
        else this.#finish(run, failure);
      },
    );
  }

  #finish(run: Run, result: unknown): void {
    const { context } = run;
    context.isOver = true;
    context.socket.running -= 1;
    const told = this.#tell(run, result);
    if (told instanceof Promise) void told.then(() => this.#close(context, result));
    else this.#close(context, result);
  }

  #close({ event }: HandlerContext, result: unknown): void {
    if (event instanceof WatchedEvent) event.settle(result === noHandler ? undefined : result);
    this.#owner.onEnd();
  }

  /** Reports the result. Never throws or rejects: a client that cannot be answered harms no others. */
  #tell({ finish, context }: Run, result: unknown): Told {
    try {
      const told = finish(result, context);
      if (!(told instanceof Promise)) return undefined;
      return told.catch((error) => this.#errors.log(context, error, "answer failed"));
    } catch (error) {
      return this.#errors.log(context, error, "answer failed");
    }
  }

  #acknowledge(context: HandlerContext, result: unknown, answer: Answer): Told {
    try {
      const isFailure = Failure.is(result);
      const failure = isFailure || result === noHandler ? (result as AnsweredFailure) : undefined;
      const told = answer(toArguments(isFailure ? result.answer : result), failure);
      // A function in place of the bound one would cost each event that is acknowledged an allocation.
      return told?.catch(this.#acknowledgeError.bind(this, context, result, answer));
    } catch (error) {
      return this.#acknowledgeError(context, result, answer, error);
    }
  }

  #acknowledgeError(context: HandlerContext, result: unknown, answer: Answer, error: unknown): Told {
    if (Failure.is(result)) {
      this.#errors.log(context, error, "error answer failed");
      return answer([handlerFailed], handlerFailed);
    }
    const failure = new Failure(error);
    const handled = this.#errors.report(context, failure);
    if (handled instanceof Promise) return handled.then(() => this.#acknowledge(context, failure, answer));
    return this.#acknowledge(context, failure, answer);
  }

  /** Calls a connect handler inside the middleware. A thrown refusal is a result, not an error. */
  #callConnect(run: Run, handler: Handler, values: readonly unknown[]): unknown {
    try {
      const result = this.#call(run, handler, values);
      return isThenable(result) ? Promise.resolve(result).catch(refusalIn) : result;
    } catch (error) {
      return refusalIn(error);
    }
  }

  /** Calls a handler inside the middleware. */
  #call(run: Run, handler: Handler, values: readonly unknown[]): unknown {
    const { context } = run;
    const middleware = this.#lookup.middleware();
    if (middleware.length === 0) return runInContext(context, handler, values);
    const { socket, event, scope } = context;
    const args = [...values];
    const about: MiddlewareEvent<string, unknown[], Record<string, unknown>> = {
      event: event.name,
      args,
      namespace: socket.namespace,
      sid: socket.sid,
      session: scope.data,
    };
    let begin = () => {};
    run.begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const handle = () => {
      begin();
      return handler(...args);
    };
    return runInContext(context, () => runMiddleware(middleware, about, handle).finally(begin), []);
  }

  #open(socket: Socket): SessionScope | Failure | Promise<SessionScope | Failure> {
    const scope = socket.session.begin();
    return scope instanceof Promise ? scope.catch((error: unknown) => new Failure(error)) : scope;
  }
}

function acceptAll(): void {}

function ignore(): void {}
