/**
 * WebSocket frames for clients that do not get binary messages as they are: of version 3, and those that ask
 * for text alone.
 */

import { encodeBinaryFrameHeader, encodeTextFrame } from "../../websocket/frame.ts";
import { type Batch, joinBuffers } from "../outbox/batch.ts";
import { packetsOf } from "../outbox/outbox.ts";
import type { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { Frames } from "../ports.ts";

/**
 * The frames of batches whose binary messages do not travel as they are, made once for all clients of one
 * form.
 */
export class ConvertedFrames {
  readonly #known = new WeakMap<Batch, Frames>();
  readonly #convert: (bytes: Uint8Array) => string | Uint8Array;

  /** @param convert - a binary message as a WebSocket carries it */
  constructor(convert: (bytes: Uint8Array) => string | Uint8Array) {
    this.#convert = convert;
  }

  /** A batch as WebSocket frames. */
  of(batch: Batch): Frames {
    const packets = packetsOf(batch);
    // Text looks the same in all forms, and their clients share its frames.
    if (packets.every(({ attachments }) => attachments.length === 0)) return batch.frames;
    let frames = this.#known.get(batch);
    if (frames === undefined) {
      frames = this.#encode(packets);
      this.#known.set(batch, frames);
    }
    return frames;
  }

  /** A packet as WebSocket messages. */
  messagesOf({ messages }: OutgoingPacket): readonly (string | Uint8Array)[] {
    return messages.map((message) => (typeof message === "string" ? message : this.#convert(message)));
  }

  #encode(packets: readonly OutgoingPacket[]): Frames {
    const frames: Uint8Array[] = [];
    for (const message of packets.flatMap((packet) => this.messagesOf(packet))) {
      if (typeof message === "string") frames.push(encodeTextFrame(message));
      else frames.push(encodeBinaryFrameHeader(message.length), message);
    }
    return joinBuffers(frames);
  }
}
