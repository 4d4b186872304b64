/** What all connections of a server share, as they see it. */

import type { Trace } from "../base/trace.ts";
import type { CloseReason } from "./close-reason.ts";
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

/** Hears of every packet of one connection. It does not throw. */
export interface ConnectionWatcher {
  /** A packet came: its text with the digit of its type, or the bytes of a message. */
  onPacket(text: string, bytes: Uint8Array | null): void;
  /** A packet is about to be sent. */
  onCreate(packet: OutgoingPacket): void;
  /** Everything that was sent so far has been handed to the transport. */
  onDrain(): void;
  /** The connection has changed over to a WebSocket. */
  onUpgrade(): void;
  /** The connection has ended. */
  onClose(reason: CloseReason, detail: string): void;
}

/** What all connections of a server share. */
export interface ConnectionHost extends ConnectionTimers {
  readonly outbox: Outbox;
  readonly trace: Trace;
  /** Those that are watched; `null` while there are none, so that a packet costs one comparison. */
  readonly watchers: WeakMap<object, ConnectionWatcher> | null;
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
