/**
 * Base64 with the fastest means that the runtime has, chosen once at load: Node's and Bun's `Buffer`, the
 * methods that newer browsers give `Uint8Array`, or `btoa` and `atob`.
 */

import { ProtocolError } from "../base/errors.ts";

/** What the means have in common. Each may forgive bad input in its own way: `decodeBase64` checks. */
interface Codec {
  readonly encode: (bytes: Uint8Array) => string;
  readonly decode: (text: string) => Uint8Array;
}

interface BufferLike {
  from(text: string, encoding: "base64"): Uint8Array;
  from(memory: ArrayBufferLike, offset: number, length: number): { toString(encoding: "base64"): string };
}

interface Base64Bytes extends Uint8Array {
  toBase64?(): string;
}

interface Base64BytesConstructor {
  fromBase64?(text: string): Uint8Array;
}

const codec = chooseCodec();

/**
 * Encodes bytes.
 *
 * @param bytes - what to encode
 * @returns base64 with the standard alphabet, padded
 */
export const encodeBase64: (bytes: Uint8Array) => string = codec.encode;

/**
 * Decodes base64, strictly but for one thing: line breaks, which the official Java client writes after every
 * 76 characters and at the end.
 *
 * @param text - base64 with the standard alphabet, padded
 * @returns the bytes
 * @throws ProtocolError when the text has other characters, wrong padding, or bits that stand for nothing
 */
export function decodeBase64(text: string): Uint8Array {
  const bytes = tryDecode(text) ?? tryDecode(text.replace(/\r?\n/g, ""));
  if (bytes === undefined) throw new ProtocolError("invalid base64");
  return bytes;
}

/**
 * Every byte string has exactly one base64 form, so encoding it again is the whole check, at native speed.
 */
function tryDecode(text: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = codec.decode(text);
  } catch {
    return undefined;
  }
  return codec.encode(bytes) === text ? bytes : undefined;
}

function chooseCodec(): Codec {
  const { Buffer } = globalThis as { Buffer?: BufferLike };
  if (typeof Buffer?.from === "function") {
    return {
      encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
      decode: (text) => Buffer.from(text, "base64"),
    };
  }
  const { fromBase64 } = Uint8Array as Base64BytesConstructor;
  if (typeof fromBase64 === "function") {
    return {
      encode: (bytes: Base64Bytes) => bytes.toBase64?.() ?? encodeWithBtoa(bytes),
      decode: (text) => fromBase64.call(Uint8Array, text),
    };
  }
  return { encode: encodeWithBtoa, decode: decodeWithAtob };
}

function encodeWithBtoa(bytes: Uint8Array): string {
  let binary = "";
  // Pieces, because every byte becomes an argument and engines limit how many a call may have.
  for (let start = 0; start < bytes.length; start += 0x2000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x2000));
  }
  return btoa(binary);
}

function decodeWithAtob(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
