/**
 * Reads what a client sends over a WebSocket (RFC 6455 §5): whatever pieces the network delivers, in
 * whatever fragments the client sent it, whole messages come out. The only extension that it knows is
 * messages that are compressed each by itself (RFC 7692).
 */

import { isAscii, isUtf8 } from "node:buffer";
import { compactBytes } from "../base/bytes.ts";
import { compressedBit, finalBit, opcodes } from "./frame.ts";
import { applyMask, type Mask, turnedMask } from "./mask.ts";
import { inflateMessage, tailLength } from "./message-deflate.ts";

/**
 * Why a connection has to end (RFC 6455 §7.4.1): the rules were broken, the text is no UTF-8 or the
 * compressed data no such data, the message came in too many pieces, or is too long.
 */
export type ViolationCode = 1002 | 1007 | 1008 | 1009;

/** Receives what a client sends. */
export interface FrameListener {
  /** @param size - how many bytes it came in */
  onText(text: string, size: number): void;
  /** @param bytes - the listener's own, to be kept or changed */
  onBinary(bytes: Uint8Array): void;
  /** @param payload - to be read at once: its memory is used again */
  onPing(payload: Uint8Array): void;
  /** The client has sent its last frame. Nothing that follows is read. */
  onCloseFrame(code: number | undefined): void;
  /** The client does not keep to the protocol. Nothing that follows is read. */
  onViolation(code: ViolationCode): void;
}

const reservedBits = 0x70;
const maskBit = 0x80;
/**
 * Up to this many bytes are set aside for a message because its length says so; beyond that, as it comes in.
 */
const trustedLength = 64 * 1024;

/** A message of which a part has come. */
class Gathering {
  readonly opcode: number;
  readonly isCompressed: boolean;
  bytes = Buffer.alloc(0);
  length = 0;
  isAscii = true;
  /** The frames that have begun. */
  fragments = 0;
  /** The bytes that the current frame still lacks, and whether it is the message's last. */
  missing = 0;
  isLast = false;
  /** The current frame's four bytes of mask, beginning with the one that the next byte is masked with. */
  mask: Mask = [0, 0, 0, 0];

  constructor(opcode: number, isCompressed: boolean) {
    this.opcode = opcode;
    this.isCompressed = isCompressed;
  }
}

/** The reading side of one WebSocket. */
export class FrameReader {
  #listener: FrameListener | null;
  readonly #maxLength: number;
  readonly #maxFragments: number;
  readonly #inflates: boolean;
  /** The beginning of a frame that is not complete: a header, or all of a control frame. */
  #rest: Buffer | null = null;
  #gathering: Gathering | null = null;

  /**
   * @param listener - receives the messages
   * @param maxLength - the longest message to accept, in bytes: as it comes, and as it is inflated
   * @param maxFragments - the most frames that one message may come in. Default: as many as it likes
   * @param inflates - whether messages may be compressed. Default `false`
   */
  constructor(
    listener: FrameListener,
    maxLength: number,
    maxFragments = Number.POSITIVE_INFINITY,
    inflates = false,
  ) {
    this.#listener = listener;
    this.#maxLength = maxLength;
    this.#maxFragments = maxFragments;
    this.#inflates = inflates;
  }

  /**
   * Takes what has come.
   *
   * @param chunk - the reader's own until this returns: it is unmasked in place
   * @param length - how much of it has come
   */
  read(chunk: Buffer, length = chunk.length): void {
    let bytes = chunk;
    let limit = length;
    if (this.#rest !== null) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      limit = bytes.length;
      this.#rest = null;
    }
    let at = 0;
    if (this.#gathering !== null && this.#gathering.missing > 0) {
      at = this.#gather(this.#gathering, bytes, 0, limit);
    }
    while (at < limit && this.#listener !== null) {
      const end = this.#readFrame(this.#listener, bytes, at, limit);
      if (end === at) {
        // A copy: the chunk's memory is used again.
        this.#rest = Buffer.from(bytes.subarray(at, limit));
        return;
      }
      at = end;
    }
  }

  /** Reads nothing any more. */
  stop(): void {
    this.#listener = null;
    this.#rest = null;
    this.#gathering = null;
  }

  /** Reads the frame at `start`. Returns where it ends, or `start` when more of it has to come first. */
  #readFrame(listener: FrameListener, bytes: Buffer, start: number, limit: number): number {
    const available = limit - start;
    if (available < 2) return start;
    const first = bytes[start] as number;
    const second = bytes[start + 1] as number;
    const opcode = first & 0x0f;
    const isLast = (first & finalBit) !== 0;
    let length = second & 0x7f;
    const reserved = first & reservedBits;
    if ((second & maskBit) === 0) return this.#fail(1002);
    if (reserved !== 0 && !this.#mayBeCompressed(reserved, opcode)) return this.#fail(1002);
    if (!this.#expects(opcode, isLast, length)) return this.#fail(1002);

    let at = start + 2;
    if (length === 126) {
      if (available < 4) return start;
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      if (available < 10) return start;
      length = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
      at += 8;
    }
    const gathering = this.#gathering;
    const isData = opcode <= opcodes.binary;
    if (isData && (gathering?.length ?? 0) + length > this.#maxLength) return this.#fail(1009);

    const begin = at + 4;
    const end = begin + length;
    if (limit < begin || (!isData && limit < end)) return start;
    if (isData && (!isLast || gathering !== null || limit < end)) {
      const begun = gathering ?? new Gathering(opcode, reserved !== 0);
      this.#gathering = begun;
      begun.fragments += 1;
      if (begun.fragments > this.#maxFragments) return this.#fail(1008);
      begun.missing = length;
      begun.isLast = isLast;
      begun.mask = maskAt(bytes, at);
      return this.#gather(begun, bytes, begin, limit);
    }
    const isPlain = applyMask(bytes, begin, end, maskAt(bytes, at));
    if (reserved !== 0) this.#deliverInflated(listener, opcode, bytes.subarray(begin, end));
    else if (opcode === opcodes.text) this.#deliverText(listener, bytes, begin, end, isPlain);
    else if (isData) listener.onBinary(Buffer.from(bytes.subarray(begin, end)));
    else this.#control(listener, opcode, bytes.subarray(begin, end));
    return end;
  }

  /** Whether a frame may have these reserved bits (RFC 7692 §6): the first of a message may have one. */
  #mayBeCompressed(reserved: number, opcode: number): boolean {
    return (
      this.#inflates && reserved === compressedBit && (opcode === opcodes.text || opcode === opcodes.binary)
    );
  }

  /** Whether a frame may begin so. */
  #expects(opcode: number, isLast: boolean, length: number): boolean {
    switch (opcode) {
      case opcodes.text:
      case opcodes.binary:
        return this.#gathering === null;
      case opcodes.continuation:
        return this.#gathering !== null;
      case opcodes.close:
        return isLast && length <= 125 && length !== 1;
      case opcodes.ping:
      case opcodes.pong:
        return isLast && length <= 125;
      default:
        return false;
    }
  }

  /** Adds what has come of a frame to its message. Returns where that ends. */
  #gather(gathering: Gathering, bytes: Buffer, start: number, limit: number): number {
    const end = Math.min(limit, start + gathering.missing);
    const { length } = gathering;
    const grown = length + end - start;
    if (grown > gathering.bytes.length) {
      const ahead = Math.max(grown, 2 * gathering.bytes.length, trustedLength);
      const larger = Buffer.allocUnsafe(Math.min(ahead, length + gathering.missing));
      gathering.bytes.copy(larger, 0, 0, length);
      gathering.bytes = larger;
    }
    // In the memory of the chunk, which may be the one where this costs least.
    if (!applyMask(bytes, start, end, gathering.mask)) gathering.isAscii = false;
    bytes.copy(gathering.bytes, length, start, end);
    gathering.mask = turnedMask(gathering.mask, end - start);
    gathering.length = grown;
    gathering.missing -= end - start;
    if (gathering.missing === 0 && gathering.isLast && this.#listener !== null) {
      const { opcode } = gathering;
      this.#gathering = null;
      if (gathering.isCompressed)
        this.#deliverInflated(this.#listener, opcode, gathering.bytes.subarray(0, grown));
      else if (opcode === opcodes.binary) this.#listener.onBinary(gathering.bytes.subarray(0, grown));
      else this.#deliverText(this.#listener, gathering.bytes, 0, grown, gathering.isAscii);
    }
    return end;
  }

  /** Takes no object: that would be an allocation for each message. */
  #deliverText(listener: FrameListener, bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    // Nearly all JSON is ASCII, which needs no decoding.
    const size = end - start;
    if (isAscii) listener.onText(bytes.toString("latin1", start, end), size);
    else if (isUtf8(bytes.subarray(start, end))) listener.onText(bytes.toString("utf8", start, end), size);
    else this.#fail(1007);
  }

  #deliverInflated(listener: FrameListener, opcode: number, bytes: Buffer): void {
    const message = Buffer.allocUnsafe(bytes.length + tailLength);
    bytes.copy(message);
    const inflated = inflateMessage(message, this.#maxLength);
    if (typeof inflated === "number") this.#fail(inflated);
    else if (opcode === opcodes.binary) listener.onBinary(compactBytes(inflated));
    else this.#deliverText(listener, inflated, 0, inflated.length, isAscii(inflated));
  }

  #control(listener: FrameListener, opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) listener.onPing(payload);
    if (opcode !== opcodes.close) return;
    const code = payload.length === 0 ? undefined : payload.readUInt16BE(0);
    if (code !== undefined && !isCloseCode(code)) {
      this.#fail(1002);
    } else if (!isUtf8(payload.subarray(2))) {
      this.#fail(1007);
    } else {
      this.stop();
      listener.onCloseFrame(code);
    }
  }

  /** Gives up; returns the end of everything. */
  #fail(code: ViolationCode): number {
    const listener = this.#listener;
    this.stop();
    listener?.onViolation(code);
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether a peer may give this code as its reason to close (RFC 6455 §7.4, and IANA's registry). */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

function maskAt(bytes: Buffer, at: number): Mask {
  return [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number];
}
