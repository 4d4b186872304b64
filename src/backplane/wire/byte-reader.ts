/** Reads the bytes of a {@link ByteWriter}. Anything else is a RangeError. */

import { bufferView } from "./buffer-view.ts";

/** See the head of this file. */
export class ByteReader {
  readonly #buffer: Buffer;
  #offset = 0;

  /** @param bytes - must not change while any part that was read is in use */
  constructor(bytes: Uint8Array) {
    this.#buffer = bufferView(bytes);
  }

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.#offset === this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#offset];
    if (value === undefined) throw new RangeError("the message ends too early");
    this.#offset += 1;
    return value;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError("a number is too large");
  }

  text(): string {
    const size = this.number();
    const start = this.#skip(size);
    const first = this.#buffer[start] ?? 0;
    // Such as "/": a call into the runtime takes longer.
    if (size === 1 && first < 128) return String.fromCharCode(first);
    return this.#buffer.toString("utf8", start, this.#offset);
  }

  texts(): string[] {
    const count = this.number();
    // Each takes a byte at least: a made-up number must not reserve memory.
    if (count > this.#buffer.length - this.#offset) throw new RangeError("the message ends too early");
    return Array.from({ length: count }, () => this.text());
  }

  /** A view: nothing is copied. */
  bytes(): Uint8Array {
    const start = this.#skip(this.number());
    return this.#buffer.subarray(start, this.#offset);
  }

  #skip(size: number): number {
    const start = this.#offset;
    if (size > this.#buffer.length - start) throw new RangeError("the message ends too early");
    this.#offset = start + size;
    return start;
  }
}
