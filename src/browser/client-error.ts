/** Errors of the client of `roomcast/client`. Knows nothing of connections. */

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
  /** The server does not speak Socket.IO 5. */
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
  readonly code: string | number;
  /** What the server sent with it. */
  readonly data: unknown;

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

/** The error for an event that is dropped. */
export function dropped(event: string): ClientError {
  return new ClientError("ERR_DROPPED", `"${event}" was dropped.`);
}
