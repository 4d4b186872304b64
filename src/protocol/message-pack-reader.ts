/** Reads MessagePack, in the dialect that `message-pack-writer.ts` describes. Knows nothing of packets. */

import { compactBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";

const twoTo32 = 4_294_967_296;
/** Text up to this many bytes is read by hand, which costs less than a call of the runtime. */
const shortText = 32;

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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
 * @throws ProtocolError when it is not valid, holds text that is not UTF-8, an extension of another kind or a
 *   key that is neither a string nor an integer, or is beyond a limit
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
    if (!isText && !isInteger) throw new ProtocolError("a key that is neither a string nor an integer");
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
    // A view would keep the whole message in memory for one small value.
    return compactBytes(this.#bytes.subarray(start, start + length));
  }

  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#skip(1));
    // Binary that is no Buffer in Node: an ArrayBuffer or a view of one.
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

  /**
   * MessagePack's timestamps (extension type -1): seconds since 1970, in the longer form with nanoseconds in
   * front.
   */
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
