/** Reads frames of a server that may be compressed, without a library for WebSockets. */

import { constants, inflateRawSync } from "node:zlib";
import type { Frames } from "../../src/engine/ports.ts";

/** One message in one frame. */
export interface ServerFrame {
  readonly opcode: number;
  readonly isCompressed: boolean;
  /** The length of its payload on the wire, in bytes. */
  readonly length: number;
  /** What it says. Bytes have their hexadecimal digits. */
  readonly text: string;
}

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The whole frames at the beginning of some bytes. */
export function serverFrames(frames: Frames | readonly (Frames | Uint8Array)[]): ServerFrame[] {
  const pieces = typeof frames === "string" ? [frames] : (frames.flat() as (string | Uint8Array)[]);
  const bytes = Buffer.concat(
    pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)),
  );
  const found: ServerFrame[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const first = bytes[at] ?? 0;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + header > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    const end = at + header + length;
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + header, end);
    const isCompressed = (first & 0x40) !== 0;
    const whole = isCompressed
      ? inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH })
      : payload;
    const opcode = first & 0x0f;
    found.push({ opcode, isCompressed, length, text: whole.toString(opcode === 1 ? "utf8" : "hex") });
    at = end;
  }
  return found;
}
