/** WebSocket frames of clients, built once and written many times. */

import { constants, deflateRawSync } from "node:zlib";
import { compressedBit, opcodes } from "../../src/websocket/frame.ts";
import { MaskedFrameWriter } from "../../src/websocket/masked-frame.ts";

const writer = new MaskedFrameWriter();

/** A text message as one masked frame. */
export function textFrame(text: string): Buffer {
  writer.text(text);
  return Buffer.from(writer.frame);
}

/** A text message as one masked frame, compressed by itself (RFC 7692). */
export function compressedFrame(text: string): Buffer {
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return otherFrame(opcodes.text | compressedBit, deflated.subarray(0, -4));
}

/** A binary message as one masked frame. */
export function binaryFrame(bytes: Uint8Array): Buffer {
  return otherFrame(opcodes.binary, bytes);
}

/** A close with status 1000. */
export const closeFrame = otherFrame(opcodes.close, Uint8Array.of(0x03, 0xe8));

/** The answer to a ping without data. */
export const pongFrame = otherFrame(opcodes.pong, new Uint8Array());

function otherFrame(opcode: number, payload: Uint8Array): Buffer {
  writer.bytes(opcode, payload);
  return Buffer.from(writer.frame);
}
