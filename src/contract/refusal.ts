/** Refuses an event with an error that the client gets. */

import type { AnyError, HasErrors } from "./contract-events.ts";
import type { Register } from "./events.ts";

/** An error that its client gets, with its code and its data. Made by {@link refuse}. */
export class EventRefusal<Code extends string = string, Data = unknown> extends Error {
  readonly code: Code;
  readonly data: Data;
  /** The version of this form: copies of this class know each other by it. */
  readonly "~refusal" = 1;

  /**
   * @param code - the error's code
   * @param data - what the client gets with it
   */
  constructor(code: Code, data: Data) {
    super(`The event was refused: ${code}`);
    this.name = "EventRefusal";
    this.code = code;
    this.data = data;
  }
}

/** The codes that a contract names; any text without one. */
type RefusalCode<C> = HasErrors<C> extends true ? AnyError<C>["code"] : string;

/** The data of a code; optional where it may be `undefined`. */
type RefusalData<C, Code> =
  HasErrors<C> extends true
    ? undefined extends Extract<AnyError<C>, { code: Code }>["data"]
      ? [data?: Extract<AnyError<C>, { code: Code }>["data"]]
      : [data: Extract<AnyError<C>, { code: Code }>["data"]]
    : [data?: unknown];

/**
 * Makes the error with which a handler or middleware refuses an event: `throw refuse("muted", { until })`.
 *
 * The client gets `{ error: { code, message, data } }` as the acknowledgement. No error handler hears of it.
 *
 * @param code - the error's code. Where `Register` has a contract, one that the contract names
 * @param data - what the client gets with it
 */
export function refuse<Code extends RefusalCode<Register>>(
  code: Code,
  ...[data]: RefusalData<Register, Code>
): EventRefusal<Code> {
  return new EventRefusal<Code>(code, data);
}

/** Whether a thrown value is a refusal, of whatever copy of this package. Never throws. */
export function isRefusal(error: unknown): error is EventRefusal {
  try {
    return error instanceof Error && (error as Partial<EventRefusal>)["~refusal"] === 1;
  } catch {
    return false;
  }
}
