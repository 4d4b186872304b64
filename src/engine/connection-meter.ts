/** What connections tell where metrics are on, and the counts by transport that are always kept. */

import type { TransportName } from "./engine-options.ts";

/** Measures the connections of a server. Its methods are called for each message, and must not throw. */
export interface ConnectionMeter {
  /** Bytes came from a client: those of WebSocket frames, or of the body of a polling request. */
  onReceived(transport: TransportName, bytes: number): void;
  /** Bytes went to a client: those of WebSocket frames, or of the body of the answer to a poll. */
  onSent(transport: TransportName, bytes: number): void;
  /** A client answered a ping after so many milliseconds. */
  onPong(milliseconds: number): void;
}

/** How many connections of a server use which transport. */
export class TransportCounts {
  /** Open connections. */
  readonly open: Record<TransportName, number> = { polling: 0, websocket: 0 };
  /** Connections that were opened, by the transport that they began with. */
  readonly opened: Record<TransportName, number> = { polling: 0, websocket: 0 };
  /** Connections that moved from polling to a WebSocket. */
  upgraded = 0;
}
