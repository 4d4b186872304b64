/**
 * Reads what a server sends over a WebSocket (RFC 6455 §5). A message that comes in one piece is not copied:
 * the listener is told where it stands. Compressed messages are handed on as they come, where they may come.
 */

import { ProtocolError } from "../base/errors.ts";
import { compressedBit, finalBit, opcodes } from "./frame.ts";

/** Receives what a server sends. */
export interface ServerFrameListener {
  /**
   * A whole message, or a control frame.
   *
   * @param opcode - text, binary, close, ping or pong; with the bit of a compressed message where it is one
   * @param bytes - its payload from `start` to `end`, to be read at once: the memory is used again
   */
  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void;
}

const reservedBits = 0x70;
const maskBit = 0x80;
/** The longest header: without a mask. */
const longestHeader = 10;
const empty = Buffer.alloc(0);

/** The reading side of a client's WebSocket. */
export class ServerFrameReader {
  readonly #listener: ServerFrameListener;
  readonly #maxLength: number;
  /** The bits that no frame may have. */
  readonly #forbidden: number;
  /** A header that is not complete. */
  #head = empty;
  /** A payload that is not complete, as long as it will be, and how much of it is there. */
  #payload: Buffer | null = null;
  #present = 0;
  /** The first byte of the frame whose payload comes. */
  #first = 0;
  /** The message whose fragments come: its type, and those that are there. */
  #opcode = 0;
  #fragments: Buffer[] | null = null;

  /**
   * @param listener - receives the messages
   * @param maxLength - the longest message to accept, in bytes
   * @param takesCompressed - whether messages may be compressed (RFC 7692). Default `false`
   */
  constructor(listener: ServerFrameListener, maxLength: number, takesCompressed = false) {
    this.#listener = listener;
    this.#maxLength = maxLength;
    this.#forbidden = takesCompressed ? reservedBits & ~compressedBit : reservedBits;
  }

  /**
   * Takes what has come, from `start` to `end` in memory that may be used again afterwards.
   *
   * @throws ProtocolError when it is no frame that a server may send, or a message is too long
   */
  read(chunk: Buffer, start: number, end: number): void {
    let at = start;
    if (this.#payload !== null) at = this.#continue(this.#payload, chunk, at, end);
    else if (this.#head.length > 0) {
      const { length } = this.#head;
      const joined = Buffer.concat([this.#head, chunk.subarray(start, Math.min(end, start + longestHeader))]);
      const header = headerLength(joined, 0, joined.length);
      if (header === 0) {
        this.#head = joined;
        return;
      }
      this.#head = empty;
      at += header - length;
      this.#begin(joined[0] ?? 0, this.#lengthAt(joined, 0, header));
      if (this.#payload !== null) at = this.#continue(this.#payload, chunk, at, end);
    }
    while (at < end) {
      const header = headerLength(chunk, at, end);
      if (header === 0) {
        // A copy: the chunk's memory is used again.
        this.#head = Buffer.from(chunk.subarray(at, end));
        return;
      }
      const first = chunk[at] as number;
      const length = this.#lengthAt(chunk, at, header);
      at += header;
      if (length <= end - at) {
        this.#deliver(first, chunk, at, at + length);
        at += length;
      } else {
        this.#begin(first, length);
        if (this.#payload !== null) at = this.#continue(this.#payload, chunk, at, end);
      }
    }
  }

  /** The length of a payload, by its header, whose two first bytes are checked. */
  #lengthAt(bytes: Buffer, at: number, header: number): number {
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if ((first & this.#forbidden) !== 0 || second >= maskBit)
      throw new ProtocolError("a frame with reserved bits, or with a mask");
    const isControl = (first & 0x0f) > opcodes.binary;
    const length =
      header === 2
        ? second
        : header === 4
          ? bytes.readUInt16BE(at + 2)
          : bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    if (isControl && (length > 125 || (first & finalBit) === 0))
      throw new ProtocolError("a control frame that is long, or in fragments");
    const before = isControl ? 0 : (this.#fragments ?? []).reduce((sum, bytes) => sum + bytes.length, 0);
    if (before + length > this.#maxLength)
      throw new ProtocolError(`a message of more than ${this.#maxLength} bytes`);
    return length;
  }

  #begin(first: number, length: number): void {
    if (length === 0) {
      this.#deliver(first, empty, 0, 0);
      return;
    }
    this.#first = first;
    this.#payload = Buffer.allocUnsafe(length);
    this.#present = 0;
  }

  /** Adds what has come of a payload. Returns where that ends in the chunk. */
  #continue(payload: Buffer, chunk: Buffer, start: number, end: number): number {
    const used = Math.min(end - start, payload.length - this.#present);
    chunk.copy(payload, this.#present, start, start + used);
    this.#present += used;
    if (this.#present === payload.length) {
      this.#payload = null;
      this.#deliver(this.#first, payload, 0, payload.length);
    }
    return start + used;
  }

  /** Takes no object: that would be an allocation for each message. */
  #deliver(first: number, bytes: Buffer, start: number, end: number): void {
    const opcode = first & 0x0f;
    const type = first & (compressedBit | 0x0f);
    const isLast = (first & finalBit) !== 0;
    if (opcode > opcodes.binary || (isLast && opcode !== opcodes.continuation && this.#fragments === null)) {
      this.#listener.onFrame(type, bytes, start, end);
      return;
    }
    if ((opcode === opcodes.continuation) === (this.#fragments === null))
      throw new ProtocolError("a fragment of no message, or a message within another");
    const fragments = this.#fragments ?? [];
    if (opcode !== opcodes.continuation) this.#opcode = type;
    fragments.push(Buffer.from(bytes.subarray(start, end)));
    this.#fragments = isLast ? null : fragments;
    if (!isLast) return;
    const whole = Buffer.concat(fragments);
    this.#listener.onFrame(this.#opcode, whole, 0, whole.length);
  }
}

/** The bytes of a header; 0 where it is not complete. */
function headerLength(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 0;
  const length = (bytes[at + 1] as number) & 0x7f;
  const header = length < 126 ? 2 : length === 126 ? 4 : longestHeader;
  return end - at < header ? 0 : header;
}
