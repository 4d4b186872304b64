/** The mask over what clients send (RFC 6455 §5.3). Putting it on and taking it off are the same. */

import { isUnmaskingMemory, unmaskFast } from "./unmasker.ts";

/** The four bytes of a mask, beginning with the one that the next byte is masked with. */
export type Mask = readonly [number, number, number, number];

/** The mask for what comes `count` bytes later. */
export function turnedMask(mask: Mask, count: number): Mask {
  const [a, b, c, d] = mask;
  switch (count & 3) {
    case 1:
      return [b, c, d, a];
    case 2:
      return [c, d, a, b];
    case 3:
      return [d, a, b, c];
    default:
      return mask;
  }
}

/** From this many bytes on, setting up a view of whole words costs less than it saves. */
const manyBytes = 192;
/** One word, to be read in whichever order of bytes the machine has. */
const wordBytes = new Uint8Array(4);
const word = new Int32Array(wordBytes.buffer);

/**
 * Puts a mask on bytes, or takes it off, in place.
 *
 * @returns whether all bytes are ASCII now
 */
export function applyMask(bytes: Buffer, start: number, end: number, mask: Mask): boolean {
  if (isUnmaskingMemory(bytes)) {
    const [a, b, c, d] = mask;
    return unmaskFast(start, end, a | (b << 8) | (c << 16) | (d << 24));
  }
  if (end - start < manyBytes) return maskBytes(bytes, start, end, mask);
  const wordsStart = start + (-(bytes.byteOffset + start) & 3);
  const count = (end - wordsStart) >> 2;
  const wordsEnd = wordsStart + 4 * count;
  wordBytes.set(turnedMask(mask, wordsStart - start));
  const wordMask = word[0] as number;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + wordsStart, count);
  let bits = 0;
  for (let index = 0; index < count; index += 1) {
    const unmasked = (words[index] as number) ^ wordMask;
    words[index] = unmasked;
    bits |= unmasked;
  }
  const isHeadAscii = maskBytes(bytes, start, wordsStart, mask);
  const isTailAscii = maskBytes(bytes, wordsEnd, end, turnedMask(mask, wordsEnd - start));
  return (bits & 0x80808080) === 0 && isHeadAscii && isTailAscii;
}

function maskBytes(bytes: Buffer, start: number, end: number, mask: Mask): boolean {
  const [a, b, c, d] = mask;
  let bits = 0;
  let at = start;
  for (; at + 3 < end; at += 4) {
    const first = (bytes[at] as number) ^ a;
    const second = (bytes[at + 1] as number) ^ b;
    const third = (bytes[at + 2] as number) ^ c;
    const fourth = (bytes[at + 3] as number) ^ d;
    bytes[at] = first;
    bytes[at + 1] = second;
    bytes[at + 2] = third;
    bytes[at + 3] = fourth;
    bits |= first | second | third | fourth;
  }
  for (let rest = 0; at < end; at += 1, rest += 1) {
    const unmasked = (bytes[at] as number) ^ (mask[rest as 0 | 1 | 2] as number);
    bytes[at] = unmasked;
    bits |= unmasked;
  }
  return (bits & 0x80) === 0;
}
