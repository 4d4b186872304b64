/**
 * Writes values as MessagePack, in the dialect of the clients that use `socket.io-msgpack-parser`:
 * `undefined`, dates and buffers are extensions of type 0, told apart by the header. Knows nothing of
 * packets.
 */

import { type Binary, isBinary, toBytes } from "../base/bytes.ts";
import { RoomcastError } from "../base/errors.ts";

/** How deep a value to be sent may be nested, as with JSON. */
const maxValueDepth = 1000;

const twoTo32 = 4_294_967_296;
/** Text up to this many bytes is written by hand, which costs less than a call of the runtime. */
const shortText = 32;
/** A writer that had to grow larger than this gives its memory back. */
const keptCapacity = 64 * 1024;

const utf8 = new TextEncoder();

/**
 * Writes values one behind the other. Values become what `JSON.stringify` makes of them, except that binary
 * and dates stay what they are, and so do `NaN` and the infinities.
 */
export class MessagePackWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /**
   * Writes a value.
   *
   * @param value - never changed
   * @throws RoomcastError `ERR_PAYLOAD` when it holds a BigInt or a cycle, or is nested deeper than 1000
   *   levels
   */
  value(value: unknown): void {
    this.#value(value, "", 0);
  }

  /** Writes the header of an object; its keys and values, in turn, are to follow. */
  objectHeader(size: number): void {
    this.#reserve(5);
    this.#header(size, 0x80, 16, 0xde);
  }

  /** Takes what was written, as memory of its own. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets everything that was written. */
  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > keptCapacity) this.#allocate(1024);
  }

  #value(value: unknown, key: string | number, depth: number): void {
    switch (typeof value) {
      case "string":
        this.#text(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "boolean":
        this.#byte(value ? 0xc3 : 0xc2);
        break;
      case "object":
        if (value === null) this.#byte(0xc0);
        else this.#object(value, key, depth);
        break;
      case "bigint":
        throw new RoomcastError("ERR_PAYLOAD", "it holds a BigInt");
      default:
        // undefined, functions and symbols: in arrays JSON has null for them too.
        this.#byte(0xc0);
    }
  }

  #object(value: object, key: string | number, depth: number): void {
    if (depth > maxValueDepth) {
      throw new RoomcastError(
        "ERR_PAYLOAD",
        `it is nested deeper than ${maxValueDepth} levels, or holds a cycle`,
      );
    }
    if (Array.isArray(value)) {
      this.#reserve(5);
      this.#header(value.length, 0x90, 16, 0xdc);
      for (let index = 0; index < value.length; index++) this.#value(value[index], index, depth + 1);
    } else if (isBinary(value)) {
      this.#binary(value);
    } else if (value instanceof Date) {
      this.#date(value.getTime());
    } else if (typeof (value as { toJSON?: unknown }).toJSON === "function") {
      const json: unknown = (value as { toJSON(key: string): unknown }).toJSON(String(key));
      // What it gives is taken as it is, even if that has such a method again.
      if (typeof json === "object" && json !== null && !Array.isArray(json) && !isBinary(json)) {
        this.#members(json, depth);
      } else {
        this.#value(json, key, depth + 1);
      }
    } else if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      this.#value(value.valueOf(), key, depth);
    } else {
      this.#members(value, depth);
    }
  }

  #members(object: object, depth: number): void {
    const members = object as Record<string, unknown>;
    const keys = Object.keys(members);
    let size = 0;
    for (const key of keys) if (isSent(members[key])) size += 1;
    this.objectHeader(size);
    for (const key of keys) {
      const member = members[key];
      if (!isSent(member)) continue;
      this.#text(key);
      this.#value(member, key, depth + 1);
    }
  }

  #text(text: string): void {
    const { length } = text;
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#reserve(5 + 3 * length);
    const guess = textHeaderLength(length);
    const start = this.#length + guess;
    let written = length <= shortText ? this.#ascii(text, start) : -1;
    if (written === -1) written = utf8.encodeInto(text, this.#bytes.subarray(start)).written;
    const headerLength = textHeaderLength(written);
    if (headerLength !== guess) {
      this.#bytes.copyWithin(this.#length + headerLength, start, start + written);
    }
    if (written < 32) this.#bytes[this.#length++] = 0xa0 | written;
    else if (written < 256) this.#header8(0xd9, written);
    else this.#header(written, 0, 0, 0xda);
    this.#length += written;
  }

  /** Writes text if it is all ASCII; otherwise returns -1. */
  #ascii(text: string, start: number): number {
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return -1;
      bytes[start + index] = code;
    }
    return text.length;
  }

  #number(value: number): void {
    this.#reserve(9);
    if (!Number.isSafeInteger(value)) {
      this.#bytes[this.#length] = 0xcb;
      this.#view.setFloat64(this.#length + 1, value);
      this.#length += 9;
    } else if (value >= 0) {
      if (value < 0x80) this.#bytes[this.#length++] = value;
      else if (value < 0x100) this.#header8(0xcc, value);
      else if (value < 0x1_0000) this.#header16(0xcd, value);
      else if (value < twoTo32) this.#header32(0xce, value);
      else this.#integer64(0xcf, value);
    } else if (value >= -0x20) this.#bytes[this.#length++] = value;
    else if (value >= -0x80) this.#header8(0xd0, value);
    else if (value >= -0x8000) this.#header16(0xd1, value);
    else if (value >= -0x8000_0000) this.#header32(0xd2, value);
    else this.#integer64(0xd3, value);
  }

  #binary(value: Binary): void {
    const bytes = toBytes(value);
    const { length } = bytes;
    this.#reserve(5 + length);
    if (length < 0x100) this.#header8(0xc4, length);
    else if (length < 0x1_0000) this.#header16(0xc5, length);
    else this.#header32(0xc6, length);
    this.#bytes.set(bytes, this.#length);
    this.#length += length;
  }

  #date(time: number): void {
    this.#reserve(10);
    if (Number.isNaN(time)) {
      this.#byte(0xc0);
      return;
    }
    this.#header8(0xd7, 0);
    this.#integer64(null, time);
  }

  /** Writes an integer of 64 bits, of which the upper half may be negative. */
  #integer64(type: number | null, value: number): void {
    if (type !== null) this.#bytes[this.#length++] = type;
    this.#view.setInt32(this.#length, Math.floor(value / twoTo32));
    this.#view.setUint32(this.#length + 4, value >>> 0);
    this.#length += 8;
  }

  /** Writes a length in the shortest form: together with the type, or behind it in two or four bytes. */
  #header(length: number, shortType: number, shortLimit: number, type: number): void {
    if (length < shortLimit) this.#bytes[this.#length++] = shortType | length;
    else if (length < 0x1_0000) this.#header16(type, length);
    else this.#header32(type + 1, length);
  }

  #header8(type: number, value: number): void {
    this.#bytes[this.#length] = type;
    this.#bytes[this.#length + 1] = value;
    this.#length += 2;
  }

  #header16(type: number, value: number): void {
    this.#bytes[this.#length] = type;
    this.#view.setUint16(this.#length + 1, value);
    this.#length += 3;
  }

  #header32(type: number, value: number): void {
    this.#bytes[this.#length] = type;
    this.#view.setUint32(this.#length + 1, value);
    this.#length += 5;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const before = this.#bytes;
    this.#allocate(Math.max(needed, before.length * 2));
    this.#bytes.set(before.subarray(0, this.#length));
  }

  #allocate(capacity: number): void {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

/** Whether JSON has a place for a member of an object. */
function isSent(member: unknown): boolean {
  return member !== undefined && typeof member !== "function" && typeof member !== "symbol";
}

function textHeaderLength(bytes: number): number {
  return bytes < 32 ? 1 : bytes < 0x100 ? 2 : bytes < 0x1_0000 ? 3 : 5;
}
