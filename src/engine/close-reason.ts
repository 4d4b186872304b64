/**
 * Why a connection ended, and what its client is told of that. The words are those that Socket.IO's users
 * know.
 */

/** The reason for the end of an Engine.IO connection. */
export type CloseReason =
  /** The client closed its transport, or the network failed. */
  | "transport close"
  /** The transport failed, as with a broken request or an invalid frame. */
  | "transport error"
  /** The client did not answer a heartbeat within `pingTimeout`. */
  | "ping timeout"
  /** The client sent bytes that are not valid Engine.IO or Socket.IO. */
  | "parse error"
  /** The client sent more than `maxHttpBufferSize` at once. */
  | "payload too large"
  /** The client put more than `maxPacketsPerPayload` packets into one polling request. */
  | "too many packets"
  /** The client split a WebSocket message into more than `maxFragments` frames. */
  | "too many fragments"
  /** The client announced more than `maxAttachments` binary attachments for one packet. */
  | "too many attachments"
  /** The client sent text where an attachment was due. */
  | "attachment expected"
  /** The client sent a binary message where no attachment was due. */
  | "attachment unexpected"
  /** The client named a namespace with more than `maxNamespaceLength` characters. */
  | "namespace too long"
  /** The client named an event with more than `maxEventLength` characters. */
  | "event name too long"
  /** The client sent an event or acknowledgement with more than `maxArguments` arguments. */
  | "too many arguments"
  /** The client sent JSON that is nested deeper than `maxJsonDepth`. */
  | "data too deep"
  /** The client sent an event or an acknowledgement in a namespace that it has not joined. */
  | "not in namespace"
  /** The client sent more events than `maxEventsPerSecond` and `maxEventBurst` allow. */
  | "too many events"
  /** More than `maxPendingAcknowledgements` events waited for the client's acknowledgement. */
  | "too many unanswered events"
  /**
   * The client's events and join requests took more than `maxWaitingBytes` while they waited for handlers.
   */
  | "too many waiting events"
  /**
   * The client sent a second poll, or a second polling request with packets, before the first was answered.
   */
  | "overlapping requests"
  /** More than `maxOutgoingBytes` waited for the client to take it. */
  | "slow consumer"
  /** The client joined no namespace within `connectTimeout`. */
  | "connect timeout"
  /** The client came back over another connection while this one still counted as alive. */
  | "client returned"
  /** Events for the client were lost, so it has to start over. */
  | "events lost"
  /** The client's authentication has expired: see `expireAt()`. */
  | "authentication expired"
  /** The application ended the whole connection. */
  | "forced close"
  /** The application ended the whole connection and asked the client to reconnect. */
  | "reconnect requested"
  /** The server is stopping. */
  | "server shutting down";

/**
 * The status code with which a WebSocket is closed (RFC 6455 §7.4.1), so that its client learns why; the
 * reason goes with it in words. `null` where no peer is left to tell.
 */
export const closeCodes: Readonly<Record<CloseReason, number | null>> = {
  "transport close": null,
  "transport error": null,
  "ping timeout": null,
  "parse error": 1002,
  "payload too large": 1009,
  "too many packets": 1008,
  "too many fragments": 1008,
  "too many attachments": 1008,
  "attachment expected": 1002,
  "attachment unexpected": 1002,
  "namespace too long": 1008,
  "event name too long": 1008,
  "too many arguments": 1008,
  "data too deep": 1008,
  "not in namespace": 1008,
  "too many events": 1008,
  "too many unanswered events": 1008,
  "too many waiting events": 1008,
  "overlapping requests": 1008,
  // It reads nothing, and everything written to it stays here.
  "slow consumer": null,
  "connect timeout": 1008,
  "client returned": null,
  "events lost": 1012,
  "authentication expired": 1008,
  "forced close": 1000,
  "reconnect requested": 1012,
  "server shutting down": 1001,
};
