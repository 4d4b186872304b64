/** Errors of the client of `roomcast/client`. Knows nothing of connections. */

import type { EventErrors, HasErrors, RefusedWith } from "../contract/contract-events.ts";

/** Codes of the client's own errors, with their meanings. A server's codes are others. */
export type ClientErrorCode =
  /** The socket was closed by its program. */
  | "ERR_CLOSED"
  /** The connection was lost, and the answer with it. */
  | "ERR_DISCONNECTED"
  /** An event was dropped: it could not be sent at once or in time, or its loop was too slow. */
  | "ERR_DROPPED"
  /** An argument or an option is wrong. */
  | "ERR_OPTION"
  /** An event is larger than the server takes. */
  | "ERR_PAYLOAD"
  /** The server does not speak Socket.IO 5, or has another parser. */
  | "ERR_PROTOCOL"
  /** The server refused the connection. */
  | "ERR_REFUSED"
  /** No answer came in time. */
  | "ERR_TIMEOUT"
  /** No server was reached at the address. */
  | "ERR_UNREACHABLE";

/** An error of the client, or one that the server answered. */
export class ClientError extends Error {
  /** What happened, for programs: a `ClientErrorCode`, or one that the server named. */
  declare readonly code: string | number;
  /** What the server sent with it. */
  declare readonly data: unknown;

  /**
   * @param code - what happened, for programs
   * @param message - what happened, in words
   * @param data - what the server sent with it
   */
  constructor(code: string | number, message: string, data?: unknown) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.data = data;
  }
}

/** An error with which a contract lets the server refuse an event, as its caller gets it. */
type RefusedCall<Errors> =
  Errors extends RefusedWith<infer Code, infer Data>
    ? ClientError & { readonly code: Code; readonly data: Data }
    : never;

/**
 * The error of a call. Where a contract names errors, their codes tell which data they have:
 *
 * ```ts
 * socket.call("say", letter).catch((error: CallError<typeof chat, "say">) => {
 *   if (error.code === "muted") show(error.data.until);
 * });
 * ```
 */
export type CallError<C, Name> =
  HasErrors<C> extends true
    ?
        | RefusedCall<EventErrors<C, Name>>
        | (ClientError & { readonly code: ClientErrorCode | `ERR_${string}` | number })
    : ClientError;

/** The error for an event that is dropped. */
export function dropped(event: string): ClientError {
  return new ClientError("ERR_DROPPED", `"${event}" was dropped.`);
}
