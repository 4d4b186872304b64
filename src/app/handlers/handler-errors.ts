/** Passes the errors of one namespace's handlers to the error handler, or to the log. */

import { ConnectionRefusedError } from "../../base/errors.ts";
import { isInstance } from "../../base/foreign-value.ts";
import type { Log } from "../../base/log/log.ts";
import type { LogType } from "../../base/log/log-record.ts";
import { quoted } from "../../base/printable.ts";
import type { Trace } from "../../base/trace.ts";
import { type HandlerContext, runInContext } from "../../context/handler-context.ts";
import { type EventRefusal, isRefusal } from "../../contract/refusal.ts";
import { type Refusal, rejected } from "../../core/namespace/open-namespace.ts";
import type { Socket } from "../../core/socket/socket.ts";
import { oldHabitIn } from "../old-habits.ts";
import { Failure, isThenable, refusedWith } from "./handler-result.ts";
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
  readonly trace: Trace;
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
    if (isRefusal(error)) return this.#refuse(context, error, failure);
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

  /** A refusal is a result, and no error. */
  #refuse({ socket, event }: HandlerContext, refusal: EventRefusal, failure: Failure): void {
    const { trace } = this.#owner;
    const { sid, namespace } = socket;
    failure.answer = refusedWith(refusal);
    if (event instanceof WatchedEvent) event.refuse(refusal.code);
    if (trace.active)
      trace.publish({
        type: "event refused",
        sid,
        namespace,
        event: event.name,
        code: refusal.code,
        issues: [],
      });
  }

  /** The refusal of a client, if any. A refusal that cannot be read refuses without a message. */
  refusalOf(context: HandlerContext, result: unknown): Refusal | undefined {
    if (result === false || Failure.is(result)) return rejected;
    if (!isInstance(result, ConnectionRefusedError)) return undefined;
    try {
      return { message: `${result.message}`, data: result.data };
    } catch (error) {
      this.log(context, error, "refusal unreadable");
      return rejected;
    }
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
