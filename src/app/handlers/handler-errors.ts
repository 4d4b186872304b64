/** Passes the errors of one namespace's handlers to the error handler, or to the log. */

import type { Logger } from "../../base/logger.ts";
import { quoted } from "../../base/printable.ts";
import { type HandlerContext, runInContext } from "../../context/handler-context.ts";
import type { Socket } from "../../core/socket/socket.ts";
import { type Failure, isThenable } from "./handler-result.ts";
import type { ErrorHandler } from "./handler-table.ts";
import { WatchedEvent } from "./watched-event.ts";

/** What the errors of handlers need of the server. */
export interface HandlerErrorsOwner {
  readonly logger: Logger;
  /** Handles errors for which a namespace has no handler. */
  readonly defaultErrorHandler: ErrorHandler | null;
  /** No error handler took an error in an event of this client. */
  onUnhandled(socket: Socket, error: unknown): void;
}

/** The errors of handlers in one namespace. */
export class HandlerErrors {
  readonly #owner: HandlerErrorsOwner;
  readonly #handler: () => ErrorHandler | null;

  /**
   * @param owner - the server
   * @param handler - finds the namespace's own error handler
   */
  constructor(owner: HandlerErrorsOwner, handler: () => ErrorHandler | null) {
    this.#owner = owner;
    this.#handler = handler;
  }

  /** Passes an error to the error handler, or the log. Never throws or rejects. */
  report(context: HandlerContext, failure: Failure): void | Promise<void> {
    const { error } = failure;
    if (context.event instanceof WatchedEvent) context.event.fail(error);
    const handler = this.#handler() ?? this.#owner.defaultErrorHandler;
    if (handler === null) {
      this.log(context, error);
      return undefined;
    }
    const succeed = (answer: unknown) => {
      if (answer !== undefined) failure.answer = answer;
    };
    const fail = (second: unknown) => {
      this.log(context, error);
      this.log(context, second, "The error handler failed as well");
    };
    try {
      const result = runInContext(context, handler, [error]);
      if (isThenable(result)) return Promise.resolve(result).then(succeed, fail);
      succeed(result);
    } catch (second) {
      fail(second);
    }
    return undefined;
  }

  /** Logs an error that no error handler took. */
  log({ socket, event }: HandlerContext, error: unknown, what = "The handler failed"): void {
    this.#owner.onUnhandled(socket, error);
    this.#owner.logger.error(
      `${what}: event ${quoted(event.name)}, namespace ${quoted(socket.namespace)}, sid ${socket.sid}`,
      error,
    );
  }
}
