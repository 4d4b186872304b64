/**
 * Engine.IO 3 on the wire, for clients that take binary messages as they are and for those that take only
 * text. The batch keeps its packets in these forms, so that a broadcast is encoded once for all
 * clients of one form.
 */

import {
  decodeOldBase64,
  decodeOldBinary,
  decodeOldBinaryPayload,
  decodeOldPayload,
  eio3BinaryPrefix,
  encodeOldBase64,
  encodeOldBinaryPieces,
  encodeOldTextItem,
  encodeOldTextPieces,
  isOldBase64,
} from "../../protocol/eio3-packet.ts";
import type { EnginePacket } from "../../protocol/engine-packet.ts";
import type { Batch } from "../outbox/batch.ts";
import { packetsOf } from "../outbox/outbox.ts";
import type { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { Frames, WebSocketCloseCause, WebSocketListener } from "../ports.ts";
import { ConvertedFrames } from "./converted-frames.ts";
import { strictText, type WireFormat } from "./wire-format.ts";

/** What both forms have in common. */
abstract class Eio3WireFormat implements WireFormat {
  readonly version = 3;
  readonly hasBinaryPayloads = true;
  readonly #frames = new ConvertedFrames((bytes) => this.encodeBinary(bytes));
  readonly #payloads = new WeakMap<Batch, string | Uint8Array>();

  frames(batch: Batch): Frames {
    return this.#frames.of(batch);
  }

  payload(batch: Batch): string | Uint8Array {
    let payload = this.#payloads.get(batch);
    if (payload === undefined) {
      payload = this.encodePayload(packetsOf(batch));
      this.#payloads.set(batch, payload);
    }
    return payload;
  }

  listen(transport: WebSocketListener): WebSocketListener {
    return new OldListener(transport);
  }

  decodePayload(body: Uint8Array, isBinary: boolean, maxPackets: number): readonly EnginePacket[] {
    return isBinary
      ? decodeOldBinaryPayload(body, maxPackets)
      : decodeOldPayload(strictText.decode(body), maxPackets);
  }

  messages(packet: OutgoingPacket): readonly (string | Uint8Array)[] {
    return this.#frames.messagesOf(packet);
  }

  /** A binary message as a WebSocket carries it. */
  protected abstract encodeBinary(bytes: Uint8Array): string | Uint8Array;
  protected abstract encodePayload(packets: readonly OutgoingPacket[]): string | Uint8Array;
}

class OldBinaryForm extends Eio3WireFormat {
  protected encodeBinary(bytes: Uint8Array): Uint8Array {
    return Buffer.concat([eio3BinaryPrefix, bytes]);
  }

  protected encodePayload(packets: readonly OutgoingPacket[]): string | Uint8Array {
    // Also with clients that take binary, a payload is text unless it has to carry some.
    if (!packets.some(hasAttachments)) return encodeTextPayload(packets);
    const pieces: Uint8Array[] = [];
    for (const message of packets.flatMap(({ messages }) => messages)) {
      pieces.push(
        ...(typeof message === "string" ? encodeOldTextPieces(message) : encodeOldBinaryPieces(message)),
      );
    }
    return Buffer.concat(pieces);
  }
}

class OldTextForm extends Eio3WireFormat {
  protected encodeBinary(bytes: Uint8Array): string {
    return encodeOldBase64(bytes);
  }

  protected encodePayload(packets: readonly OutgoingPacket[]): string {
    return encodeTextPayload(packets);
  }
}

/** Reads the messages of a WebSocket for a transport that knows only version 4. */
class OldListener implements WebSocketListener {
  readonly #transport: WebSocketListener;

  constructor(transport: WebSocketListener) {
    this.#transport = transport;
  }

  onText(text: string): void {
    if (isOldBase64(text)) this.#receive(() => decodeOldBase64(text));
    else this.#transport.onText(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.#receive(() => decodeOldBinary(bytes));
  }

  onClose(cause: WebSocketCloseCause): void {
    this.#transport.onClose(cause);
  }

  #receive(decode: () => Uint8Array): void {
    let bytes: Uint8Array;
    try {
      bytes = decode();
    } catch {
      // No packet is empty: this ends the connection as any other packet does that is not valid.
      this.#transport.onText("");
      return;
    }
    this.#transport.onBinary(bytes);
  }
}

function encodeTextPayload(packets: readonly OutgoingPacket[]): string {
  let payload = "";
  for (const message of packets.flatMap(({ messages }) => messages)) {
    payload += encodeOldTextItem(typeof message === "string" ? message : encodeOldBase64(message));
  }
  return payload;
}

function hasAttachments({ attachments }: OutgoingPacket): boolean {
  return attachments.length > 0;
}

/** The form for clients that take binary messages as they are. */
export const eio3BinaryFormat: WireFormat = new OldBinaryForm();

/** The form for clients that take only text (`b64=1`). */
export const eio3TextFormat: WireFormat = new OldTextForm();
