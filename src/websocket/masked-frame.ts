/**
 * Client-to-server WebSocket frames (RFC 6455 §5.2, §5.3): final, masked, without extensions. They stand one
 * behind the other in memory that is used up and then left to its readers, so that a frame is no allocation
 * of its own, and several can be written at once.
 */

import { randomFillSync } from "node:crypto";
import { finalBit, opcodes } from "./frame.ts";
import { applyMask, type Mask } from "./mask.ts";

const maskBit = 0x80;
/** The longest header, with its mask. */
const longestHeader = 14;
const slabBytes = 256 * 1024;
/** How many random bytes are made at once, for four bytes a frame. */
const randomBytes = 4096;

/** Writes frames. */
export class MaskedFrameWriter {
  /** Where the last frame stands. Frames that follow each other in the same memory can be sent as one. */
  memory: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  readonly #random = Buffer.alloc(randomBytes);
  #used = randomBytes;

  /** Writes a text message. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    const payload = this.#open(opcodes.text, length);
    // The two agree for text that is all ASCII, which nearly all JSON is.
    this.memory.write(text, payload, length, length === text.length ? "latin1" : "utf8");
    this.#close(payload);
  }

  /** Writes a binary message, or a control frame with at most 125 bytes. */
  bytes(opcode: number, bytes: Uint8Array): void {
    const payload = this.#open(opcode, bytes.length);
    this.memory.set(bytes, payload);
    this.#close(payload);
  }

  /** The last frame, as bytes that stay as they are. */
  get frame(): Buffer {
    return this.memory.subarray(this.start, this.end);
  }

  /** Writes a header with room for its mask. Returns where the payload begins. */
  #open(opcode: number, length: number): number {
    if (this.memory.length - this.end < longestHeader + length) {
      this.memory = Buffer.allocUnsafeSlow(Math.max(slabBytes, longestHeader + length));
      this.end = 0;
    }
    const { memory } = this;
    let at = this.end;
    this.start = at;
    memory[at++] = finalBit | opcode;
    if (length < 126) memory[at++] = maskBit | length;
    else if (length < 65_536) {
      memory[at++] = maskBit | 126;
      at = memory.writeUInt16BE(length, at);
    } else {
      memory[at++] = maskBit | 127;
      at = memory.writeUInt32BE(Math.floor(length / 2 ** 32), at);
      at = memory.writeUInt32BE(length >>> 0, at);
    }
    this.end = at + 4 + length;
    return at + 4;
  }

  #close(payload: number): void {
    const mask = this.#nextMask();
    for (let index = 0; index < 4; index += 1)
      this.memory[payload - 4 + index] = mask[index as 0 | 1 | 2 | 3];
    applyMask(this.memory, payload, this.end, mask);
  }

  #nextMask(): Mask {
    if (this.#used === randomBytes) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += 4;
    const random = this.#random;
    return [random[at] ?? 0, random[at + 1] ?? 0, random[at + 2] ?? 0, random[at + 3] ?? 0];
  }
}
