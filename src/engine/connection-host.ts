/** What all connections of a server share, as they see it. */

import type { Trace } from "../base/trace.ts";
import type { ConnectionMeter, TransportCounts } from "./connection-meter.ts";
import type { ConnectionTimers } from "./connection-timers.ts";
import type { Counters } from "./counters.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { OutgoingPacket } from "./outbox/outgoing-packet.ts";
import type { EngineRequest } from "./ports.ts";

/** A connection, as its host knows it. */
export interface HostedConnection {
  readonly id: string;
  readonly request: EngineRequest;
}

/** What all connections of a server share. */
export interface ConnectionHost extends ConnectionTimers {
  readonly outbox: Outbox;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly transports: TransportCounts;
  /** `null` while metrics are off. */
  readonly meter: ConnectionMeter | null;
  /** The most bytes that may wait for a client. */
  readonly maxOutgoingBytes: number;
  /** A heartbeat's packet, shared by all connections that are probed in the same tick. */
  pingPacket(): OutgoingPacket;
  /** It begins to be decided over a client. */
  onHandshake(): void;
  /** That has come to its end. */
  onHandshakeEnd(): void;
  /** The connection needs no more requests: it can be forgotten. */
  forget(connection: HostedConnection): void;
  /** Reports an error that is the server's own fault. */
  report(error: unknown): void;
}
