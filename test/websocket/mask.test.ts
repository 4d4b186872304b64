import { expect, it } from "vitest";
import { applyMask, type Mask, turnedMask } from "../../src/websocket/mask.ts";

const mask: Mask = [0x37, 0xfa, 0x21, 0x3d];

it("masks byte by byte, wherever and however long", () => {
  for (const length of [0, 1, 5, 191, 192, 193, 1000]) {
    for (const offset of [0, 1, 2, 3]) {
      const bytes = Buffer.alloc(length + 8, 0x61);
      const isAscii = applyMask(bytes, offset, offset + length, mask);
      const expected = Buffer.alloc(length + 8, 0x61);
      for (let index = 0; index < length; index++) expected[offset + index] = 0x61 ^ (mask[index & 3] ?? 0);
      expect(bytes).toEqual(expected);
      expect(isAscii).toBe(length < 2);
      expect(applyMask(bytes, offset, offset + length, mask)).toBe(true);
      expect(bytes).toEqual(Buffer.alloc(length + 8, 0x61));
    }
  }
});

it("turns for what comes later", () => {
  expect([0, 1, 2, 3, 4].map((count) => turnedMask(mask, count)[0])).toEqual([0x37, 0xfa, 0x21, 0x3d, 0x37]);
});
