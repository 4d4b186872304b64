/** Why a connection ended. The words are those that Socket.IO's users know. */

/** The reason for the end of an Engine.IO connection. */
export type CloseReason =
  /** The peer closed its transport, or the network did. */
  | "transport close"
  /** The transport broke: a failed request, a bad frame. */
  | "transport error"
  /** The peer did not answer a heartbeat within `pingTimeout`. */
  | "ping timeout"
  /** The peer sent bytes that are not valid Engine.IO or Socket.IO. */
  | "parse error"
  /** The peer sent more than `maxHttpBufferSize` at once. */
  | "payload too large"
  /** More than `maxOutgoingBytes` waited for the peer to take it. */
  | "slow consumer"
  /** The peer joined no namespace within `connectTimeout`. */
  | "connect timeout"
  /** The application ended the whole connection. */
  | "forced close"
  /** The server stops. */
  | "server shutting down";
