/** The results of handlers: promises, failures, refusals, and the acknowledgements that callers get. */

import { ConnectionRefusedError } from "../../base/errors.ts";
import { isInstance } from "../../base/foreign-value.ts";

/** The acknowledgement for a caller whose handler failed. It reveals nothing of the server's insides. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: "ERR_HANDLER_FAILED" | "ERR_NO_HANDLER" | "ERR_TOO_MANY_EVENTS";
    readonly message: string;
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
  throw error;
}

/** Whether a value is a promise, of whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
