/** Server-to-client WebSocket frames (RFC 6455 §5.2): final, unmasked, without extensions. */

const textFrame = 0x81;
const binaryFrame = 0x82;

/** Builds a text message as one frame. */
export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHeader(frame, textFrame, length);
  // The two agree exactly for text that is all ASCII, which nearly all JSON is, and latin1 needs no conversion.
  frame.write(text, start, length, length === text.length ? "latin1" : "utf8");
  return frame;
}

/** Builds the header of a binary message of the given length; the bytes themselves follow it on the wire. */
export function encodeBinaryFrameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLength(length));
  writeHeader(header, binaryFrame, length);
  return header;
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
