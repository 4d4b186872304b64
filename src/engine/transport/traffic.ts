/** How many bytes messages take on the wire, before compression. */

import type { Frames } from "../ports.ts";

/** The longest payloads whose length a frame's header holds in 7 bits, and in 16 (RFC 6455 §5.2). */
const shortest = 125;
const short = 65_535;
const maskBytes = 4;

/** The bytes of whole frames. */
export function frameBytes(frames: Frames): number {
  if (typeof frames === "string") return frames.length;
  let bytes = 0;
  for (const piece of frames) bytes += piece.length;
  return bytes;
}

/** The bytes of the frame in which a client sent a message of this length. Frames of clients are masked. */
export function receivedBytes(length: number): number {
  return sentBytes(length) + maskBytes;
}

/** The bytes of the frame in which the server sends a message of this length. */
export function sentBytes(length: number): number {
  return length + (length <= shortest ? 2 : length <= short ? 4 : 10);
}

/** The bytes of a text in UTF-8, or of bytes. */
export function textBytes(message: string | Uint8Array): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.length;
}
