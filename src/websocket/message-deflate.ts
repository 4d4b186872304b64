/**
 * Messages compressed each by itself (RFC 7692 §7.2), with nothing but what Node offers to every program:
 * calls that make a compressor, use it once and free its memory. To keep one would need Node's inside, and
 * save less than a fifth of a short message's time.
 */

import type * as Zlib from "node:zlib";

/**
 * The fault of a message (RFC 6455 §7.4.1): it is no compressed data, or becomes too long.
 */
export type InflateFault = 1007 | 1009;

/** Loaded with the first message that is compressed. */
let library: typeof Zlib | null = null;

function zlib(): typeof Zlib {
  library ??= process.getBuiltinModule("node:zlib");
  return library;
}

/** The end of compressed data that is flushed, which a message leaves out (RFC 7692 §7.2.1). */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** How many bytes of memory {@link inflateMessage} needs behind a message. */
export const tailLength: number = tail.length;

/** The windows that zlib makes. For raw data it takes 8 bits as 9, of which it uses 8. */
const shortestWindow = 9;

/**
 * Up to this many bytes, a window of 8 KiB takes less memory to set up and finds as much: the result is less
 * than 1 % longer.
 */
const smallMessage = 16 * 1024;
const smallWindow = 13;
const largeWindow = 15;

/** How messages are compressed. */
export interface DeflateSettings {
  /** From 1, the fastest, to 9, the best. */
  readonly level: number;
  /** How far back data may refer, as a power of two: 8 to 15. */
  readonly windowBits: number;
}

function deflateOptions(length: number, { level, windowBits }: DeflateSettings): Zlib.ZlibOptions {
  const isSmall = length <= smallMessage;
  return {
    level,
    windowBits: Math.max(shortestWindow, Math.min(windowBits, isSmall ? smallWindow : largeWindow)),
    memLevel: isSmall ? 5 : 8,
    finishFlush: zlib().constants.Z_SYNC_FLUSH,
    chunkSize: Math.max(64, Math.min(length, 16 * 1024)),
  };
}

/** Compresses a message. */
export function deflateMessage(bytes: Uint8Array, settings: DeflateSettings): Uint8Array {
  return withoutTail(zlib().deflateRawSync(bytes, deflateOptions(bytes.length, settings)));
}

/**
 * Compresses a message in another thread.
 *
 * @param bytes - not to be changed before the end
 * @param done - called later with the result; with `null` where it failed, for want of memory, say
 */
export function deflateMessageLater(
  bytes: Uint8Array,
  settings: DeflateSettings,
  done: (deflated: Uint8Array | null) => void,
): void {
  zlib().deflateRaw(bytes, deflateOptions(bytes.length, settings), (error, deflated) =>
    done(error === null ? withoutTail(deflated) : null),
  );
}

function withoutTail(deflated: Buffer): Buffer {
  return deflated.subarray(0, deflated.length - tail.length);
}

/** The largest piece of memory that is taken at once for what a message becomes. */
const largestPiece = 64 * 1024;
const smallestPiece = 1024;

/**
 * A block may say that it is the last, and others follow nevertheless (RFC 7692 §7.2.3.4). This many such
 * blocks are read, since each costs as much as a message.
 */
const mostEnds = 32;
/** Behind a last block that says so, there is no more than the header of an empty one, and its rest. */
const closing = 1 + tail.length;

/**
 * Inflates a message. It stops as soon as the result is too long.
 *
 * @param message - the message, and behind it room for {@link tailLength} bytes
 * @param maxLength - the most bytes that it may become
 * @returns the bytes, or their fault
 */
export function inflateMessage(message: Buffer, maxLength: number): Buffer | InflateFault {
  message.set(tail, message.length - tail.length);
  const pieces: Buffer[] = [];
  let length = 0;
  let rest = message;
  for (let ends = 0; ends < mostEnds; ends += 1) {
    const inflated = inflate(rest, maxLength - length);
    if (typeof inflated === "number") return inflated;
    const { buffer, engine } = inflated;
    rest = rest.subarray(engine.bytesWritten);
    if (rest.length <= closing) return pieces.length === 0 ? buffer : Buffer.concat([...pieces, buffer]);
    pieces.push(buffer);
    length += buffer.length;
  }
  return 1007;
}

/** What `inflateRawSync` gives with the option `info`, which its types do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(bytes: Buffer, maxLength: number): Inflated | InflateFault {
  const { constants, inflateRawSync } = zlib();
  const options = {
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: Math.max(smallestPiece, Math.min(8 * bytes.length, largestPiece)),
    // The library knows no limit of 0.
    maxOutputLength: Math.max(1, maxLength),
    info: true,
  };
  try {
    const inflated = inflateRawSync(bytes, options) as unknown as Inflated;
    return inflated.buffer.length > maxLength ? 1009 : inflated;
  } catch (error) {
    return error instanceof RangeError ? 1009 : 1007;
  }
}
