/** The results of handlers: promises, failures, refusals, and the acknowledgements that callers get. */

import { ConnectionRefusedError } from "../../base/errors.ts";
import { isInstance } from "../../base/foreign-value.ts";
import { type EventRefusal, isRefusal } from "../../contract/refusal.ts";
import type { ValueIssue } from "../../contract/validation.ts";
import { rejected } from "../../core/namespace/open-namespace.ts";

/** The acknowledgement for a caller whose handler failed. It reveals nothing of the server's insides. */
export interface ErrorAnswer {
  readonly error: {
    /**
     * `ERR_HANDLER_FAILED`, `ERR_NO_HANDLER`, `ERR_TOO_MANY_EVENTS`, `ERR_INVALID_EVENT` or
     * `ERR_UNKNOWN_EVENT`; or a code of the application's own, of `refuse()`.
     */
    readonly code: string;
    readonly message: string;
    /** Why the event does not fit the contract; only with `ERR_INVALID_EVENT`. */
    readonly issues?: readonly ValueIssue[];
    /** What came with a code of the application's own. */
    readonly data?: unknown;
  };
}

/** The acknowledgement of an event whose handler failed. */
export const handlerFailed: ErrorAnswer = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};

/** The acknowledgement of an event without a handler. */
export const noHandler: ErrorAnswer = {
  error: { code: "ERR_NO_HANDLER", message: "The server has no handler for this event." },
};

/** The acknowledgement of an event that its handler refused. */
export function refusedWith({ code, data }: EventRefusal): ErrorAnswer {
  return { error: { code, message: "The server refused this event.", ...(data !== undefined && { data }) } };
}

/** The result of a handler that throws, or whose session cannot be opened or kept. */
export class Failure {
  readonly #isFailure = true;
  readonly error: unknown;
  /** The acknowledgement. */
  answer: unknown = handlerFailed;

  constructor(error: unknown) {
    this.error = error;
  }

  /**
   * Whether a value is a failure. Unlike `instanceof` this reads nothing of a value that a handler returned.
   */
  static is(value: unknown): value is Failure {
    return typeof value === "object" && value !== null && #isFailure in value && value.#isFailure;
  }
}

/** The refusal that a connect handler threw. Throws every other error on. */
export function refusalIn(error: unknown): ConnectionRefusedError {
  if (isInstance(error, ConnectionRefusedError)) return error;
  if (isRefusal(error)) {
    const { code, data } = error;
    return new ConnectionRefusedError(rejected.message, { code, ...(data !== undefined && { data }) });
  }
  throw error;
}

/** Whether a value is a promise, of whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
