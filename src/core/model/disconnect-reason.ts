/** Why a client left a namespace. */

import type { CloseReason } from "../../engine/close-reason.ts";

/**
 * What a `disconnect` handler is told: the reason for the end of the connection, or of this one namespace.
 */
export type DisconnectReason =
  | CloseReason
  /** The client left this namespace. */
  | "client namespace disconnect"
  /** The application disconnected the client from this namespace. */
  | "server namespace disconnect";
