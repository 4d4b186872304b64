/**
 * A packet on its way out, encoded at most once into each wire form, however many connections it goes to. It
 * is also the batch that holds nothing but itself.
 */

import { ownBytes } from "../../base/bytes.ts";
import { encodeBase64 } from "../../protocol/base64.ts";
import { payloadSeparator } from "../../protocol/polling-payload.ts";
import { encodeAsciiFrame, encodeBinaryFrameHeader, encodeTextFrame } from "../../websocket/frame.ts";
import type { Frames } from "../ports.ts";
import { joinBuffers, maxSharedText, TrieBatch } from "./batch.ts";

const noAttachments: readonly Uint8Array[] = [];
/** What a packet takes beside its text, and each binary message beside its bytes, in bytes. */
const packetWeight = 400;
const attachmentWeight = 400;

/** How a packet may be treated on its way. */
export interface PacketFlags {
  /** Drop the packet rather than keep it for a client that cannot take it right now. Default `false`. */
  readonly volatile?: boolean | undefined;
  /** Whether the packet is worth compressing where compression is on. Default `true`. */
  readonly compress?: boolean | undefined;
  /**
   * Whether the packet holds what only its client may know. It is never compressed, and nothing together with
   * it: the length would tell of the secret to an observer that can have the server send texts that resemble
   * it. Default `false`.
   */
  readonly isSecret?: boolean | undefined;
}

/** How a packet is treated that holds what only its client may know. */
export const secretFlags: PacketFlags = { isSecret: true };

/** One packet with every wire form that it was asked for. */
export class OutgoingPacket extends TrieBatch {
  /**
   * The Engine.IO packet as text: its type's digit and its data. Empty where there are only binary messages.
   */
  readonly text: string;
  /** The binary messages that follow the text. */
  readonly attachments: readonly Uint8Array[];
  readonly size: number;
  readonly volatile: boolean;
  readonly compress: boolean;
  readonly isSecret: boolean;
  /** Whether it goes to several connections: to be set before it is sent to the first of them. */
  isShared = false;
  readonly #isAscii: boolean;
  #frames: Frames | null = null;
  #payload: string | null = null;

  /**
   * @param text - the Engine.IO packet as text; `""` for none
   * @param attachments - binary messages that follow it; their memory is not to be changed until they are
   *   sent
   * @param flags - how it may be treated
   * @param isAscii - whether the text is known to be nothing but ASCII: then no one checks
   */
  constructor(
    text: string,
    attachments: readonly Uint8Array[] = noAttachments,
    flags?: PacketFlags,
    isAscii = false,
  ) {
    super();
    this.text = text;
    this.attachments = attachments;
    this.#isAscii = isAscii;
    this.size = attachments.length === 0 ? text.length : text.length + totalLength(attachments);
    this.volatile = flags?.volatile === true;
    this.isSecret = flags?.isSecret === true;
    this.compress = flags?.compress !== false && !this.isSecret;
  }

  get length(): number {
    return 1;
  }

  /** About how many bytes it takes with every wire form, while it is kept. */
  get weight(): number {
    // A character takes up to two bytes, and up to three in a frame; binary is there as it is, in a frame,
    // and as base64.
    const text = this.text.length * (this.#isAscii ? 2 : 5);
    const binary = this.size - this.text.length;
    return packetWeight + text + 4 * binary + attachmentWeight * this.attachments.length;
  }

  /**
   * The same packet to keep: its binary messages have memory of their own, which never changes.
   */
  owned(): OutgoingPacket {
    if (this.attachments.length === 0) return this;
    return new OutgoingPacket(this.text, this.attachments.map(ownBytes), this, this.#isAscii);
  }

  /** The text and the binary messages, in order. */
  get messages(): readonly (string | Uint8Array)[] {
    return this.text === "" ? this.attachments : [this.text, ...this.attachments];
  }

  get frames(): Frames {
    this.#frames ??= this.#encode();
    return this.#frames;
  }

  #encode(): Frames {
    if (this.attachments.length === 0 && (!this.isShared || this.text.length < maxSharedText)) {
      const frame = encodeAsciiFrame(this.text, this.#isAscii);
      if (frame !== undefined) return frame;
    }
    const frames: Uint8Array[] = this.text === "" ? [] : [encodeTextFrame(this.text, this.#isAscii)];
    for (const bytes of this.attachments) frames.push(encodeBinaryFrameHeader(bytes.length), bytes);
    return joinBuffers(frames);
  }

  get payload(): string {
    if (this.#payload === null) {
      let payload = this.text;
      for (const bytes of this.attachments) {
        payload += `${payload === "" ? "" : payloadSeparator}b${encodeBase64(bytes)}`;
      }
      this.#payload = payload;
    }
    return this.#payload;
  }
}

function totalLength(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
