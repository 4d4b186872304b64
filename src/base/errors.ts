/**
 * Every error that Roomcast raises, in one table. `docs/errors.md` lists the same codes; a test holds the two
 * equal.
 */

/** What each code means. The message of a thrown error says in addition what was found and what to do. */
export const errorCodes = {
  ERR_ANSWER: "A client's answer does not fit the contract.",
  ERR_APP:
    "What was given to `new SocketIO(app)` is not an application or server that Roomcast can attach to.",
  ERR_CONNECTION_REFUSED: "A connect handler or middleware refused the client.",
  ERR_CONTEXT: "An ambient function was called where no client's event is being handled.",
  ERR_CONTRACT:
    "A contract cannot be used, a schema of it failed, or what the program sends does not fit the contract.",
  ERR_DISCONNECTED: "The client left before it answered, or was not there to be asked.",
  ERR_EVENT_NAME:
    "The name cannot be used for an event: it is empty, not a string, or reserved by the protocol.",
  ERR_HANDLER: "A handler was registered that is not a function, has no name, or whose place is taken.",
  ERR_LIMIT:
    "A limit stands against it: the client is in as many rooms as `maxRooms` allows, or the name of a room is longer than `maxRoomLength`.",
  ERR_LISTEN: "The server could not listen on the address it was given.",
  ERR_MESSAGE_QUEUE:
    "The message queue refuses this process, is not there although it is required, or did not take in time what a program without clients emitted.",
  ERR_MISSING_PACKAGE: "An optional package is needed for what was asked, and it is not installed.",
  ERR_NAMESPACE: "The namespace's name is not a string that begins with a slash.",
  ERR_NO_HANDLER: "A test client sent an event that has no handler.",
  ERR_OPTION: "An option is unknown, or its value is not of the kind the option takes.",
  ERR_PAYLOAD: "A value cannot be sent: it holds a BigInt, a cycle, or is nested too deeply.",
  ERR_PROTOCOL: "The peer sent bytes that are not valid Engine.IO or Socket.IO.",
  ERR_ROOM:
    "The name cannot be used for a room: it is not a string, is empty, holds half of a surrogate pair, or is the sid of another client.",
  ERR_SERVER_EVENT: "Another process has no handler for a servers' event, or its handler failed.",
  ERR_SESSION: "The HTTP session could not be read or saved.",
  ERR_STATE: "The call came at the wrong time, for example `run()` on a server that already runs.",
  ERR_TIMEOUT: "The answer did not come in time.",
} as const;

/** A code of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/**
 * The base of every error that Roomcast raises; `code` tells them apart and never changes between versions.
 */
export class RoomcastError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code - one of {@link errorCodes}
   * @param message - what was found, and what to do about it
   * @param options - `cause`, the error behind this one
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** How a peer broke the rules: its bytes are not valid, or it crossed a limit. */
export type Violation =
  | "parse error"
  | "too many packets"
  | "too many attachments"
  | "attachment expected"
  | "attachment unexpected"
  | "namespace too long"
  | "event name too long"
  | "too many arguments"
  | "data too deep"
  | "not in namespace"
  | "too many events";

/**
 * The peer sent something that is not valid Engine.IO or Socket.IO, or beyond a limit; its connection is
 * closed.
 */
export class ProtocolError extends RoomcastError {
  /** In which way; also the reason with which the connection is closed. */
  readonly violation: Violation;

  /**
   * @param message - the fault in the bytes
   * @param violation - which rule they break
   */
  constructor(message: string, violation: Violation = "parse error") {
    super("ERR_PROTOCOL", message);
    this.violation = violation;
  }
}

/** An ambient function such as `emit` or `session` was used where no client's event is being handled. */
export class ContextError extends RoomcastError {
  /** @param message - which function it was, and what to use instead */
  constructor(message: string) {
    super("ERR_CONTEXT", message);
  }
}

/** The client did not answer in time. */
export class TimeoutError extends RoomcastError {
  /** @param message - what was waited for, and for how long */
  constructor(message: string) {
    super("ERR_TIMEOUT", message);
  }
}

/**
 * Thrown in a `connect` handler or middleware to refuse the client, which gets `message` and `data` in its
 * `connect_error` event.
 */
export class ConnectionRefusedError extends RoomcastError {
  /** What the client finds in `error.data`. */
  readonly data: unknown;

  /**
   * @param message - the client's `error.message`
   * @param data - the client's `error.data`: anything that an event could carry as JSON
   */
  constructor(message = "Connection rejected by server", data?: unknown) {
    super("ERR_CONNECTION_REFUSED", message);
    this.data = data;
  }
}
