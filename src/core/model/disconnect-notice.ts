/** What a client is told before the server disconnects it. Plain data, which means the same in every process. */

/** The event that tells a client why it is about to be disconnected, with a {@link DisconnectNotice}. */
export const disconnectReasonEvent = "disconnect_reason";

/** Why a client is disconnected, in the application's words. What is not said is not there. */
export interface DisconnectNotice {
  /** Why, in words. */
  readonly reason?: string;
  /** Why, for programs. */
  readonly code?: string | number;
  /** Whether the client is to come back by itself. */
  readonly retry: boolean;
}
