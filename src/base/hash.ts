/**
 * Spreads texts evenly over 32 bits: FNV-1a over their UTF-16 units.
 *
 * @returns an integer from 0 to 2³² - 1, the same in every process; it keeps no secret
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
