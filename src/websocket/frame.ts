/** Server-to-client WebSocket frames (RFC 6455 §5.2): final and unmasked, compressed or not. */

/** What the four bits of a frame's type mean (RFC 6455 §5.2). */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The bit of a frame's first byte that says that its message ends with it. */
export const finalBit = 0x80;

/** The bit of a message's first byte that says that it is compressed (RFC 7692 §6). */
export const compressedBit = 0x40;

const textFrame = finalBit | opcodes.text;
const binaryFrame = finalBit | opcodes.binary;
const firstTextByte = String.fromCharCode(textFrame);

/** The headers of short text frames by the length of their text. */
const shortTextHeaders = Array.from(
  { length: 126 },
  (_, length) => firstTextByte + String.fromCharCode(length),
);

/**
 * Builds a text message as one frame, in the form that costs least for a single receiver: a string whose
 * characters each stand for one byte, to be written as latin1.
 *
 * @param text - the message
 * @param isAscii - whether it is known to be all ASCII
 * @returns the frame, or `undefined` where the text is not all ASCII or longer than a short frame may be
 */
export function encodeAsciiFrame(text: string, isAscii = false): string | undefined {
  const { length } = text;
  if (!isAscii && Buffer.byteLength(text) !== length) return undefined;
  const short = shortTextHeaders[length];
  if (short !== undefined) return short + text;
  if (length >= 65_536) return undefined;
  return firstTextByte + String.fromCharCode(126, length >> 8, length & 0xff) + text;
}

/**
 * Builds a text message as one frame.
 *
 * @param text - the message
 * @param isAscii - whether it is known to be all ASCII
 */
export function encodeTextFrame(text: string, isAscii = false): Buffer {
  const length = isAscii ? text.length : Buffer.byteLength(text);
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHeader(frame, textFrame, length);
  // The two agree exactly for text that is all ASCII, which nearly all JSON is, and latin1 needs no
  // conversion.
  frame.write(text, start, length, length === text.length ? "latin1" : "utf8");
  return frame;
}

/** Builds the header of a binary message of the given length; the bytes themselves follow it on the wire. */
export function encodeBinaryFrameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLength(length));
  writeHeader(header, binaryFrame, length);
  return header;
}

/**
 * Builds a message of bytes as one frame.
 *
 * @param first - the first byte: the type, and whether the message is compressed
 */
export function encodeFrame(first: number, bytes: Uint8Array): Buffer {
  const start = headerLength(bytes.length);
  const frame = Buffer.allocUnsafe(start + bytes.length);
  writeHeader(frame, finalBit | first, bytes.length);
  frame.set(bytes, start);
  return frame;
}

/**
 * Builds a control frame (RFC 6455 §5.5).
 *
 * @param opcode - its type
 * @param payload - at most 125 bytes
 */
export function encodeControlFrame(opcode: number, payload: ArrayLike<number>): Buffer {
  const frame = Buffer.allocUnsafe(2 + payload.length);
  writeHeader(frame, finalBit | opcode, payload.length);
  frame.set(payload, 2);
  return frame;
}

/**
 * Builds a close frame (RFC 6455 §5.5.1).
 *
 * @param code - the status code; none when it is left out
 * @param reason - the reason in words, at most 123 bytes
 */
export function encodeCloseFrame(code?: number, reason = ""): Buffer {
  if (code === undefined) return encodeControlFrame(opcodes.close, []);
  return encodeControlFrame(opcodes.close, [code >> 8, code & 0xff, ...Buffer.from(reason)]);
}

function headerLength(payloadLength: number): number {
  return payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10;
}

function writeHeader(target: Buffer, firstByte: number, length: number): void {
  target[0] = firstByte;
  if (length < 126) {
    target[1] = length;
  } else if (length < 65_536) {
    target[1] = 126;
    target.writeUInt16BE(length, 2);
  } else {
    target[1] = 127;
    target.writeUIntBE(0, 2, 2);
    target.writeUIntBE(length, 4, 6);
  }
}
