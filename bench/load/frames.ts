/** WebSocket frames of clients (RFC 6455 §5.2), built once and written many times. */

export const textOpcode = 1;
export const binaryOpcode = 2;
export const closeOpcode = 8;
export const pingOpcode = 9;
const pongOpcode = 10;

/** Any key except zero will do: the server must unmask. */
const key = [0x37, 0xfa, 0x21, 0x3d] as const;

/** A text message as one masked frame. */
export function textFrame(text: string): Buffer {
  return maskedFrame(textOpcode, Buffer.from(text));
}

/** A binary message as one masked frame. */
export function binaryFrame(bytes: Uint8Array): Buffer {
  return maskedFrame(binaryOpcode, bytes);
}

/** A close with status 1000. */
export const closeFrame = maskedFrame(closeOpcode, Uint8Array.of(0x03, 0xe8));

/** The answer to a ping without data. */
export const pongFrame = maskedFrame(pongOpcode, new Uint8Array());

function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? [0x80 | opcode, 0x80 | length]
      : length < 65_536
        ? [0x80 | opcode, 0x80 | 126, length >> 8, length & 255]
        : [0x80 | opcode, 0x80 | 127, 0, 0, 0, 0, ...Buffer.from(Uint32Array.of(length).buffer).reverse()];
  const frame = Buffer.allocUnsafe(head.length + 4 + length);
  frame.set(head);
  frame.set(key, head.length);
  for (let index = 0; index < length; index += 1) {
    frame[head.length + 4 + index] = (payload[index] ?? 0) ^ (key[index & 3] ?? 0);
  }
  return frame;
}
