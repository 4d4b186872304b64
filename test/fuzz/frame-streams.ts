/** Random streams of WebSocket frames, most of them nearly right. A seed decides them. */

import type { Random } from "./random.ts";

/** The longest message that readers must accept, in bytes. Longer than where the reader's method changes. */
export const maxLength = 70_000;

const texts = ["", "a", "hello", '42["echo","x"]', "é", "中文字", "👋🏽", "\u0000\u007f", "ÿ\u0080"] as const;
/** Whole and truncated characters, overlong forms, surrogates, and bytes that UTF-8 never contains. */
const brokenTexts: readonly [number[], ...number[][]] = [
  [0xc3],
  [0xe4, 0xb8],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80],
  [0xff],
  [0x80],
];
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 124, 125, 126, 127, 128, 190, 191, 192, 193, 200, 300] as const;
const largeLengths = [65_534, 65_535, 65_536, 65_537, 69_999, 70_000, 70_001] as const;
const closeCodes = [
  999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000, 65_535,
] as const;

/** A stream of frames, cut into chunks as by a network. */
export function randomChunks(random: Random): Buffer[] {
  const frames: Buffer[] = [];
  for (let count = 1 + random.below(4); count > 0; count -= 1) frames.push(...randomMessage(random));
  let bytes: Buffer = Buffer.concat(frames);
  if (random.oneIn(6) && bytes.length > 0) bytes = mutated(random, bytes);
  if (random.oneIn(10)) bytes = bytes.subarray(0, random.below(bytes.length + 1));
  return cut(random, bytes);
}

/** The frames of one message, often with a control frame among them. */
function randomMessage(random: Random): Buffer[] {
  if (random.oneIn(4)) return [controlFrame(random)];
  const isText = random.oneIn(2);
  const payload = randomPayload(random, isText);
  const parts = random.oneIn(3) ? 1 + random.below(4) : 1;
  const frames: Buffer[] = [];
  let start = 0;
  for (let part = 0; part < parts; part += 1) {
    const end = part === parts - 1 ? payload.length : start + random.below(payload.length - start + 1);
    const opcode = part === 0 ? (isText ? 0x1 : 0x2) : 0x0;
    const isLast = part === parts - 1 && !random.oneIn(30);
    frames.push(frame(random, isLast, opcode, payload.subarray(start, end)));
    if (random.oneIn(6)) frames.push(controlFrame(random));
    start = end;
  }
  return frames;
}

function randomPayload(random: Random, isText: boolean): Buffer {
  if (isText && random.oneIn(2)) {
    const pieces: Buffer[] = [];
    for (let count = random.below(5); count >= 0; count -= 1) {
      pieces.push(random.oneIn(12) ? Buffer.from(random.pick(brokenTexts)) : Buffer.from(random.pick(texts)));
    }
    return Buffer.concat(pieces);
  }
  const length = random.oneIn(400) ? random.pick(largeLengths) : random.pick(lengths);
  const payload = Buffer.alloc(length, 0x61);
  for (let index = 0; index < Math.min(length, 8); index += 1) {
    payload[random.below(length)] = random.below(isText ? 128 : 256);
  }
  if (isText && length > 0 && random.oneIn(20)) payload[random.below(length)] = 128 + random.below(128);
  return payload;
}

function controlFrame(random: Random): Buffer {
  const opcode = random.pick([0x8, 0x9, 0x9, 0x9, 0xa, 0xa]);
  if (opcode !== 0x8) {
    return frame(
      random,
      !random.oneIn(30),
      opcode,
      Buffer.alloc(random.pick([0, 1, 5, 124, 125, 125, 126]), 0x70),
    );
  }
  if (random.oneIn(3)) return frame(random, true, opcode, Buffer.alloc(random.below(2)));
  const reason = random.oneIn(4) ? Buffer.from(random.pick(brokenTexts)) : Buffer.from(random.pick(texts));
  const code = Buffer.alloc(2);
  code.writeUInt16BE(random.pick(closeCodes));
  return frame(random, true, opcode, Buffer.concat([code, reason]));
}

function frame(random: Random, isLast: boolean, opcode: number, payload: Buffer): Buffer {
  const isRight = !random.oneIn(60);
  const type = isRight ? opcode : random.below(16);
  const reserved = isRight ? 0 : random.below(8) << 4;
  const isMasked = isRight || !random.oneIn(3);
  const form =
    payload.length > 65_535 || random.oneIn(50) ? 127 : payload.length > 125 || random.oneIn(50) ? 126 : 0;
  const first = (isLast ? 0x80 : 0) | reserved | type;
  const second = (isMasked ? 0x80 : 0) | (form === 0 ? payload.length : form);
  const header = Buffer.from([first, second]);
  const length = Buffer.alloc(form === 127 ? 8 : form === 126 ? 2 : 0);
  if (form === 126) length.writeUInt16BE(payload.length);
  if (form === 127) length.writeBigUInt64BE(randomLength(random, payload.length));
  if (!isMasked) return Buffer.concat([header, length, payload]);
  const mask = Buffer.from(Array.from({ length: 4 }, () => (random.oneIn(5) ? 0 : random.below(256))));
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index += 1) {
    masked[index] = (masked[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return Buffer.concat([header, length, mask, masked]);
}

/** The length, and now and then an absurd one. */
function randomLength(random: Random, length: number): bigint {
  if (!random.oneIn(20)) return BigInt(length);
  return random.pick([2n ** 53n, 2n ** 53n - 1n, 2n ** 63n, 2n ** 32n, BigInt(maxLength) + 1n]);
}

function mutated(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = random.below(changed.length);
  switch (random.below(3)) {
    case 0:
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    case 1:
      return Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1)]);
    default:
      return Buffer.concat([changed.subarray(0, at), Buffer.from([random.below(256)]), changed.subarray(at)]);
  }
}

function cut(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  const largest = random.pick([1, 2, 7, 64, 300, 65_536, 65_536, 1_000_000]);
  // Only short streams are cut into single bytes: with long ones that would take too much time.
  const limit = bytes.length > 2_000 ? Math.max(largest, 1_000) : largest;
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + 1 + random.below(limit));
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}
