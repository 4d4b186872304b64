import { describe, expect, it } from "vitest";
import { hash32 } from "../../src/base/hash.ts";

describe("hash32", () => {
  it.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("gives %j the published FNV-1a value", (text, expected) => {
    expect(hash32(text)).toBe(expected);
  });

  it("spreads names that differ in a digit evenly", () => {
    const groups = Array.from({ length: 16_000 }, (_, room) => hash32(`room ${room}`) % 16);
    const sizes = Array.from({ length: 16 }, (_, group) => groups.filter((each) => each === group).length);
    expect(Math.min(...sizes)).toBeGreaterThan(900);
    expect(Math.max(...sizes)).toBeLessThan(1100);
  });
});
