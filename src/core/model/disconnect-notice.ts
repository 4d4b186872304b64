/** The reason that a client gets before the server disconnects it. Plain data, the same in every process. */

/** The event that carries a {@link DisconnectNotice} to the client. */
export const disconnectReasonEvent = "disconnect_reason";

/** Why the application disconnects a client. Members that it does not set are absent. */
export interface DisconnectNotice {
  /** Why, in words. */
  readonly reason?: string;
  /** Why, for programs. */
  readonly code?: string | number;
  /** Whether the client reconnects by itself. */
  readonly retry: boolean;
}
