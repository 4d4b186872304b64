/**
 * How packets look on the wire, which is what the versions of Engine.IO differ in. Transports know no
 * version.
 */

import type { EnginePacket } from "../../protocol/engine-packet.ts";
import { decodePollingPayload } from "../../protocol/polling-payload.ts";
import type { Batch } from "../outbox/batch.ts";
import type { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { Frames, WebSocketListener } from "../ports.ts";

/**
 * A version of Engine.IO: 4, or 3 of Socket.IO 2's clients, in which it is the client that asks for signs of
 * life.
 */
export type ProtocolVersion = 3 | 4;

/** One way to put packets on the wire and to read them. */
export interface WireFormat {
  readonly version: ProtocolVersion;
  /** Whether a payload may also be bytes. */
  readonly hasBinaryPayloads: boolean;
  /** A batch as WebSocket frames. */
  frames(batch: Batch): Frames;
  /** A packet as WebSocket messages, for a link that makes frames by itself. */
  messages(packet: OutgoingPacket): readonly (string | Uint8Array)[];
  /** Makes the listener of a WebSocket that gives `transport` packets of version 4. */
  listen(transport: WebSocketListener): WebSocketListener;
  /** A batch as the body of the answer to a poll. */
  payload(batch: Batch): string | Uint8Array;
  /**
   * Reads the body of a post.
   *
   * @param isBinary - whether it is no text; only where {@link hasBinaryPayloads}
   * @param maxPackets - how many packets it may hold
   * @throws when it is not valid
   */
  decodePayload(body: Uint8Array, isBinary: boolean, maxPackets: number): readonly EnginePacket[];
}

/** Reads text, and refuses bytes that are not UTF-8. */
export const strictText: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

/** The form of Engine.IO 4, which batches keep by themselves. */
export const wireForm: WireFormat = {
  version: 4,
  hasBinaryPayloads: false,
  frames: (batch) => batch.frames,
  messages: (packet) => packet.messages,
  listen: (transport) => transport,
  payload: (batch) => batch.payload,
  decodePayload: (body, _isBinary, maxPackets) => decodePollingPayload(strictText.decode(body), maxPackets),
};
