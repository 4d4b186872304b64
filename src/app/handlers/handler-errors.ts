/** Passes the errors of one namespace's handlers to the error handler, or to the log. */

import type { Log } from "../../base/log/log.ts";
import type { LogType } from "../../base/log/log-record.ts";
import { quoted } from "../../base/printable.ts";
import { type HandlerContext, runInContext } from "../../context/handler-context.ts";
import type { Socket } from "../../core/socket/socket.ts";
import { oldHabitIn } from "../old-habits.ts";
import { type Failure, isThenable } from "./handler-result.ts";
import type { ErrorHandler } from "./handler-table.ts";
import { WatchedEvent } from "./watched-event.ts";

/** What can fail when an event is handled, in the words of the log. */
const failures = {
  "handler failed": "The handler failed",
  "error handler failed": "The error handler failed as well",
  "answer failed": "The client could not be answered",
  "error answer failed": "What the error handler returned cannot be sent",
  "refusal unreadable": "The refusal cannot be read",
} as const satisfies Partial<Record<LogType, string>>;

/** A failure that the log tells of. */
export type HandlerFailure = keyof typeof failures;

/** What the errors of handlers need of the server. */
export interface HandlerErrorsOwner {
  readonly logger: Log;
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
      this.log(context, second, "error handler failed");
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
  log({ socket, event }: HandlerContext, err: unknown, type: HandlerFailure = "handler failed"): void {
    const { namespace, sid } = socket;
    const { name } = event;
    this.#owner.onUnhandled(socket, err);
    const habit = oldHabitIn(err, name);
    const hint = habit === null ? "" : `. ${habit}`;
    this.#owner.logger.error(
      `${failures[type]}: event ${quoted(name)}, namespace ${quoted(namespace)}, sid ${sid}${hint}`,
      { type, event: name, namespace, sid, err },
    );
  }
}
