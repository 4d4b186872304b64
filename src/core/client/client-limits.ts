/** The limits of one client, as the hub's options set them. */

import type { DecoderLimits } from "../../protocol/socket-packet.ts";
import type { RateLimit } from "../socket/token-bucket.ts";

/** The limits of one client. */
export interface ClientLimits {
  readonly decoder: Readonly<DecoderLimits>;
  readonly maxNamespaces: number;
  readonly maxPendingAcknowledgements: number;
  /** How many bytes may wait for its handlers, approximately. */
  readonly maxWaitingBytes: number;
  /** How many events it may send; `null` for no limit. */
  readonly rate: RateLimit | null;
}

/** The limits that reject one thing without ending the connection. */
export type SoftLimit = "maxNamespaces" | "maxNamespaceEventsPerSecond" | "maxRooms" | "maxRoomLength";
