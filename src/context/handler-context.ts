/**
 * The context of the current handler: which client's event it handles. It follows the handler across every
 * `await`.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { checkFunction } from "../base/check-function.ts";
import { ContextError } from "../base/errors.ts";
import type { Hub } from "../core/hub.ts";
import type { SessionScope } from "../core/ports.ts";
import type { Socket } from "../core/socket/socket.ts";

/** The event that is being handled. */
export interface HandledEvent {
  /** The event's name: `"connect"` and `"disconnect"` for the special ones. */
  readonly name: string;
  /** The arguments that came with it. */
  readonly args: readonly unknown[];
}

/** A function that a handler leaves for later. */
// biome-ignore lint/suspicious/noExplicitAny: only the handler that leaves it knows its arguments
export type Callback = (...values: any[]) => unknown;

/** The context of a background task. */
export interface TaskContext {
  /** A task handles no client's event. */
  readonly hub: null;
}

/** The context of one run of a handler. */
export interface HandlerContext {
  readonly hub: Hub;
  readonly socket: Socket;
  readonly event: HandledEvent;
  /** The session as this handler sees it. */
  readonly scope: SessionScope;
  readonly resumption: CallbackRunner;
  /** Whether the handler has ended. */
  isOver: boolean;
}

/** What continues after a handler has ended. */
export interface CallbackRunner {
  /** The way back into what surrounds a handler that is running, for its callbacks; `null` for nothing. */
  entrance(context: HandlerContext): ContextEntrance | null;
  /**
   * Runs a callback as a handler of the same event: with its session, and with its error handler.
   *
   * @param enter - the handler's {@link CallbackRunner.entrance}
   */
  resume(
    context: HandlerContext,
    callback: Callback,
    values: readonly unknown[],
    enter: ContextEntrance | null,
  ): void;
}

/** Runs work in the asynchronous context of another time. */
export type ContextEntrance = <Result>(work: () => Result) => Result;

/**
 * One storage for both, so that a handler never runs as part of a task. After an error that a callback of
 * Node's throws and the process survives, Node 24 and 26 keep the context of that time for later input from
 * the network.
 */
const storage = new AsyncLocalStorage<HandlerContext | TaskContext>();

function currentHandler(): HandlerContext | undefined {
  const context = storage.getStore();
  return context === undefined || context.hub === null ? undefined : context;
}

/** Runs a handler so that the ambient functions act for its client. */
export function runInContext<Values extends unknown[], Result>(
  context: HandlerContext,
  handler: (...values: Values) => Result,
  values: Readonly<Values>,
): Result {
  return storage.run(context, handler, ...values);
}

/** Runs a function outside of every handler and task. */
export function runOutsideContext<Result>(run: () => Result): Result {
  // Leaving a context costs time, so it is skipped where there is none.
  return storage.getStore() === undefined ? run() : storage.exit(run);
}

/** Runs a function as part of a task, outside of every handler. */
export function runInTask<Result>(task: TaskContext, run: () => Result): Result {
  return storage.run(task, run);
}

/** The current handler's context, if any. */
export function findContext(): HandlerContext | undefined {
  return currentHandler();
}

/** The task that is running, if any. */
export function findTask(): TaskContext | undefined {
  const context = storage.getStore();
  return context?.hub === null ? context : undefined;
}

/**
 * The current handler's context.
 *
 * @param what - the name of the ambient function or object, for the message
 * @param instead - the function to use outside of handlers
 * @throws {@link ContextError} outside of handlers
 */
export function requireContext(what: string, instead: string): HandlerContext {
  const context = currentHandler();
  if (context === undefined) {
    throw new ContextError(
      `${what} was used outside of a handler, where there is no client for it to act for. ${instead} ` +
        "In a callback that loses its handler, as a timer does that a test has faked, wrap the callback with bindContext().",
    );
  }
  return context;
}

/**
 * Binds a callback to the current handler's context.
 *
 * Some callers lose the context: an event emitter, a pooled connection, or a timer that a test has faked.
 * Outside of handlers the callback is returned as it is.
 *
 * @param callback - the callback
 * @returns a function that calls it in this handler's context
 * @throws {@link RoomcastError} `ERR_HANDLER` when it is no function
 */
export function bindContext<Values extends unknown[], Result>(
  callback: (...values: Values) => Result,
): (...values: Values) => Result {
  checkFunction("What bindContext() gets", callback);
  const context = currentHandler();
  return context === undefined ? callback : (...values) => storage.run(context, callback, ...values);
}

/**
 * Wraps a callback so that it runs as part of the handler that left it; outside of handlers returns it as it
 * is.
 */
export function resumable(callback: Callback): Callback {
  const context = currentHandler();
  if (context === undefined) return callback;
  const { resumption } = context;
  const enter = resumption.entrance(context);
  return (...values) => resumption.resume(context, callback, values, enter);
}
