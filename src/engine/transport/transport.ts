/** What the connection needs of a transport, and a transport of its connection. */

import type { CloseReason } from "../close-reason.ts";
import type { ConnectionMeter } from "../connection-meter.ts";
import type { TransportName } from "../engine-options.ts";
import type { Batch } from "../outbox/batch.ts";
import type { WebSocketLink } from "../ports.ts";

/** One way of carrying packets to a client. */
export interface Transport {
  readonly name: TransportName;
  /** Whether {@link send} may be called: whether there is anything to write on right now. */
  readonly writable: boolean;
  /** Whether a packet sent now would wait, so that a volatile one is better dropped. */
  readonly congested: boolean;
  /** Bytes that were sent and have not left yet. */
  readonly bufferedBytes: number;
  /** Where all that {@link send} does is to write a batch's frames to a WebSocket: that WebSocket. */
  readonly link: WebSocketLink | null;
  /** The packet that says goodbye, where the transport has no closing handshake of its own. */
  readonly farewell: string | null;
  /** Sends a batch; to be called only while {@link writable}. */
  send(batch: Batch): void;
  /**
   * Ends after what was sent before; closing twice is harmless. The owner hears `onTransportClose` when it is
   * done.
   */
  close(reason: CloseReason, words: string): void;
  /** Ends at once. The client is told why, where there is a way to tell it. */
  terminate(reason: CloseReason): void;
  /** After the end: drops what the client has not taken of what it was sent before. */
  cut(): void;
}

/** The user of a transport. */
export interface TransportOwner {
  /** Measures what goes over the transport; `null` while metrics are off. */
  readonly meter: ConnectionMeter | null;
  /** A text packet came: its type's digit and data. */
  onText(text: string): void;
  /** A binary message came. */
  onBinary(bytes: Uint8Array): void;
  /** The transport has become writable. */
  onWritable(): void;
  /** After the end: the client has taken all that it was sent before. */
  onTaken(): void;
  /**
   * The transport is gone.
   *
   * @param detail - what exactly was wrong, where there is more to say than the reason does
   */
  onTransportClose(reason: CloseReason, detail?: string): void;
}
