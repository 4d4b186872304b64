/** What the ambient functions know: whose event is being handled. It follows the handler across every `await`. */

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

/** A function that a handler left to be called later. */
// biome-ignore lint/suspicious/noExplicitAny: whoever leaves it knows what it is called with
export type Callback = (...values: any[]) => unknown;

/** A background task, as what runs in it sees it. */
export interface TaskContext {
  /** No client's event is being handled. */
  readonly hub: null;
}

/** One handler's view of the world. */
export interface HandlerContext {
  readonly hub: Hub;
  readonly socket: Socket;
  readonly event: HandledEvent;
  /** The session as this handler sees it. */
  readonly scope: SessionScope;
  readonly resumption: CallbackRunner;
  /** Whether it has come to its end. */
  isOver: boolean;
}

/** What goes on with a handler when it has come to its end. */
export interface CallbackRunner {
  /** Runs a callback as a handler of the same event: its session is kept, its errors are handled. */
  resume(context: HandlerContext, callback: Callback, values: readonly unknown[]): void;
}

/**
 * Either of the two takes the place of the other, so no handler runs as a part of a task. Where an error is thrown in a callback of
 * Node's and survived, Node 24 and 26 leave what ran then in this storage for whatever comes over the network later.
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

/** Runs a function so that no client's event counts as being handled, and no task as running. */
export function runOutsideContext<Result>(run: () => Result): Result {
  // Leaving costs much where there is nothing to leave.
  return storage.getStore() === undefined ? run() : storage.exit(run);
}

/** Runs a function as a part of a task, outside of any handler. */
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
 * @param instead - what to use where no event is being handled
 * @throws {@link ContextError} where no event is being handled
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
 * Carries the current handler's context into a callback that would lose it, such as one that an event emitter, a
 * pooled connection or a timer calls that a test has faked. Where no event is being handled, the callback is returned as it is.
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

/** What to hand on in place of a callback, so that it runs as a part of the handler that left it, if one did. */
export function resumable(callback: Callback): Callback {
  const context = currentHandler();
  return context === undefined
    ? callback
    : (...values) => context.resumption.resume(context, callback, values);
}
