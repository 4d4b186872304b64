/**
 * Values as MessagePack, in the dialect of the clients that use `socket.io-msgpack-parser`: it has `undefined`, dates and
 * buffers as extensions of type 0, told apart by the header. Knows nothing of packets.
 */

import { type Binary, compactBytes, isBinary, toBytes } from "../base/bytes.ts";
import { ProtocolError, RoomcastError } from "../base/errors.ts";

/** How deep a value to be sent may be nested, as with JSON. */
const maxValueDepth = 1000;

const twoTo32 = 4_294_967_296;
/** Text up to this many bytes is written and read by hand, which costs less than a call of the runtime. */
const shortText = 32;
/** A writer that had to grow larger than this gives its memory back. */
const keptCapacity = 64 * 1024;

const utf8 = new TextEncoder();
const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes values one behind the other. Values become what `JSON.stringify` makes of them, except that binary and dates
 * stay what they are, and so do `NaN` and the infinities.
 */
export class MessagePackWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /**
   * Writes a value.
   *
   * @param value - never changed
   * @throws RoomcastError `ERR_PAYLOAD` when it holds a BigInt or a cycle, or is nested deeper than 1000 levels
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

  /** Begins anew. */
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

/** What a reader takes. */
export interface MessagePackLimits {
  /** Levels of arrays and objects, the outermost included. */
  readonly maxDepth: number;
  /** Binary values. */
  readonly maxAttachments: number;
}

/**
 * Reads one value, strictly and within bounds: nothing is set aside on the word of a header.
 *
 * @param bytes - holds the value and nothing else. Binary in the value is a view of this memory
 * @param limits - what to take
 * @throws ProtocolError when it is not valid, holds text that is not UTF-8, an extension of another kind or a key that
 *   is neither text nor a whole number, or is beyond a limit
 */
export function decodeMessagePack(bytes: Uint8Array, limits: MessagePackLimits): unknown {
  const reader = new Reader(bytes, limits);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: MessagePackLimits;
  #at = 0;
  #attachments = 0;

  constructor(bytes: Uint8Array, limits: MessagePackLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw new ProtocolError("bytes behind the end of the MessagePack");
  }

  value(depth: number): unknown {
    const type = this.#bytes[this.#skip(1)] ?? 0;
    if (type < 0x80) return type;
    if (type >= 0xe0) return type - 0x100;
    if (type < 0x90) return this.#object(type & 0x0f, depth + 1);
    if (type < 0xa0) return this.#array(type & 0x0f, depth + 1);
    if (type < 0xc0) return this.#text(type & 0x1f);
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#uint8());
      case 0xc5:
        return this.#binary(this.#uint16());
      case 0xc6:
        return this.#binary(this.#uint32());
      case 0xc7:
        return this.#extension(this.#uint8());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#uint32() * twoTo32 + this.#uint32();
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return this.#int64();
      case 0xd4:
        return this.#undefined();
      case 0xd6:
        return this.#timestamp(4);
      case 0xd7:
        return this.#date();
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array(this.#uint16(), depth + 1);
      case 0xdd:
        return this.#array(this.#uint32(), depth + 1);
      case 0xde:
        return this.#object(this.#uint16(), depth + 1);
      case 0xdf:
        return this.#object(this.#uint32(), depth + 1);
      default:
        // 0xc1 means nothing, 0xd5 and 0xd8 are extensions.
        throw new ProtocolError(`MessagePack of a type that is not known: ${type}`);
    }
  }

  #array(length: number, depth: number): unknown[] {
    this.#enter(depth, length);
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(this.value(depth));
    return items;
  }

  #object(size: number, depth: number): Record<string, unknown> {
    this.#enter(depth, 2 * size);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < size; index++) {
      const key = this.#key();
      const member = this.value(depth);
      if (key === "__proto__") {
        // A key like any other, as with JSON.parse: it must not reach the setter.
        Object.defineProperty(object, key, {
          value: member,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      } else {
        object[key] = member;
      }
    }
    return object;
  }

  /** Each item takes a byte at least, so a header cannot promise more of them than there are bytes. */
  #enter(depth: number, minimum: number): void {
    const { maxDepth } = this.#limits;
    if (depth > maxDepth) {
      throw new ProtocolError(`the data is nested deeper than ${maxDepth} levels`, "data too deep");
    }
    if (minimum > this.#bytes.length - this.#at) throw truncated();
  }

  /** Python's dictionaries may have numbers for keys; in JSON they become text. */
  #key(): string {
    const type = this.#bytes[this.#at] ?? 0;
    const isText = (type >= 0xa0 && type < 0xc0) || (type >= 0xd9 && type <= 0xdb);
    const isInteger = type < 0x80 || type >= 0xe0 || (type >= 0xcc && type <= 0xd3);
    if (!isText && !isInteger) throw new ProtocolError("a key that is neither text nor a whole number");
    return String(this.value(0));
  }

  #text(length: number): string {
    const start = this.#skip(length);
    if (length <= shortText) {
      const bytes = this.#bytes;
      let text = "";
      let index = start;
      for (const end = start + length; index < end; index++) {
        const code = bytes[index] ?? 0;
        if (code > 0x7f) break;
        text += String.fromCharCode(code);
      }
      if (index === start + length) return text;
    }
    try {
      return strictText.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw new ProtocolError("text that is not UTF-8");
    }
  }

  #binary(length: number): Uint8Array {
    const start = this.#skip(length);
    const { maxAttachments } = this.#limits;
    if (++this.#attachments > maxAttachments) {
      throw new ProtocolError(`more than ${maxAttachments} attachments`, "too many attachments");
    }
    // Whoever keeps one small value would keep the whole message with it.
    return compactBytes(this.#bytes.subarray(start, start + length));
  }

  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#skip(1));
    // What is no Buffer in Node: an ArrayBuffer or a view of one.
    if (type === 0) return this.#binary(length);
    if (type === -1 && length === 12) {
      const nanoseconds = this.#uint32();
      return this.#time(this.#int64(), nanoseconds);
    }
    throw unknownExtension(type);
  }

  #undefined(): undefined {
    const type = this.#view.getInt8(this.#skip(2));
    if (type !== 0) throw unknownExtension(type);
    return undefined;
  }

  /** A date of this dialect, or a timestamp of MessagePack's own. */
  #date(): Date {
    const type = this.#bytes[this.#at];
    if (type !== 0) return this.#timestamp(8);
    this.#at += 1;
    return new Date(this.#int64());
  }

  /** MessagePack's timestamps (extension type -1): seconds since 1970, in the longer form with nanoseconds in front. */
  #timestamp(length: 4 | 8): Date {
    const type = this.#view.getInt8(this.#skip(1));
    if (type !== -1) throw unknownExtension(type);
    if (length === 4) return this.#time(this.#uint32(), 0);
    const first = this.#uint32();
    return this.#time((first & 0x3) * twoTo32 + this.#uint32(), first >>> 2);
  }

  #time(seconds: number, nanoseconds: number): Date {
    return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
  }

  #uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  #uint16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  #int64(): number {
    return this.#view.getInt32(this.#skip(4)) * twoTo32 + this.#uint32();
  }

  /** Goes on by `length` bytes; returns where they begin. */
  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw truncated();
    this.#at = start + length;
    return start;
  }
}

function truncated(): ProtocolError {
  return new ProtocolError("the MessagePack ends too early");
}

function unknownExtension(type: number): ProtocolError {
  return new ProtocolError(`a MessagePack extension of type ${type}`);
}
