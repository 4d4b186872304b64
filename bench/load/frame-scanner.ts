/**
 * Finds the frames in a server's output. Reads only headers and the first two bytes of payloads. A frame
 * counts when its last byte has arrived. Knows neither Socket.IO nor sockets.
 */

/** Receives the frames. */
export interface FrameSink {
  /**
   * A whole frame has arrived.
   *
   * @param opcode - its kind; 0 for the rest of a fragmented message
   * @param length - the length of its payload in bytes
   * @param head - the first two bytes of the payload as a big-endian number, the second zero if it is
   *   missing; -1 for a frame without payload
   */
  onFrame(opcode: number, length: number, head: number): void;
}

/** The longest header without a mask (10 bytes), and the first two bytes of the payload. */
const maxHead = 12;

/** The scanner of one connection. */
export class FrameScanner {
  readonly #sink: FrameSink;
  /** The start of a frame whose header is incomplete. */
  readonly #partial = Buffer.alloc(maxHead);
  #partialLength = 0;
  /** How many bytes of the current frame are missing. */
  #missing = 0;
  #opcode = 0;
  #length = 0;
  #head = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Scans the bytes from `start` to `end`. The buffer may be used again afterwards. */
  scan(buffer: Uint8Array, start: number, end: number): void {
    let offset = start;
    while (offset < end) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, end - offset);
        this.#missing -= taken;
        offset += taken;
        if (this.#missing === 0) this.#sink.onFrame(this.#opcode, this.#length, this.#head);
      } else if (this.#partialLength > 0) {
        this.#partial[this.#partialLength] = buffer[offset] ?? 0;
        this.#partialLength += 1;
        offset += 1;
        const used = this.#open(this.#partial, 0, this.#partialLength);
        if (used > 0) this.#partialLength = 0;
      } else {
        const used = this.#open(buffer, offset, end);
        if (used === 0) {
          this.#partial.set(buffer.subarray(offset, end));
          this.#partialLength = end - offset;
          return;
        }
        offset += used;
      }
    }
  }

  /** Reads a header and up to two bytes of payload; returns their length, or 0 if some are missing. */
  #open(buffer: Uint8Array, offset: number, end: number): number {
    if (end - offset < 2) return 0;
    const second = buffer[offset + 1] ?? 0;
    if (second > 127) throw new Error("the server sent a masked frame, so this is no frame's header");
    const headerLength = second < 126 ? 2 : second === 126 ? 4 : 10;
    if (end - offset < headerLength) return 0;
    let length = second;
    if (second >= 126) {
      length = 0;
      for (let index = 2; index < headerLength; index += 1)
        length = length * 256 + (buffer[offset + index] ?? 0);
    }
    const peeked = Math.min(length, 2);
    const used = headerLength + peeked;
    if (end - offset < used) return 0;
    const first = peeked > 0 ? (buffer[offset + headerLength] ?? 0) : -1;
    const head =
      peeked > 1 ? first * 256 + (buffer[offset + headerLength + 1] ?? 0) : peeked > 0 ? first * 256 : -1;
    this.#opcode = (buffer[offset] ?? 0) & 15;
    this.#length = length;
    this.#head = head;
    this.#missing = length - peeked;
    if (this.#missing === 0) this.#sink.onFrame(this.#opcode, length, head);
    return used;
  }
}
