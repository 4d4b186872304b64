import { describe, expect, it } from "vitest";
import { isBinary, toBytes } from "../../src/base/bytes.ts";

describe("isBinary", () => {
  it.each([
    ["an ArrayBuffer", new ArrayBuffer(2), true],
    ["a Buffer", Buffer.from("ab"), true],
    ["a DataView", new DataView(new ArrayBuffer(2)), true],
    ["a Float64Array", new Float64Array(1), true],
    ["an array of numbers", [1, 2], false],
    ["a string", "ab", false],
    ["null", null, false],
  ])("knows %s", (_, value, expected) => {
    expect(isBinary(value)).toBe(expected);
  });
});

describe("toBytes", () => {
  it("gives a view of the same memory, and of no more than the value's part", () => {
    const memory = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const value of [
      memory.buffer,
      memory,
      new DataView(memory.buffer),
      new Uint16Array(memory.buffer),
    ]) {
      expect([...toBytes(value)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    const part = toBytes(new DataView(memory.buffer, 2, 3));
    expect([...part]).toEqual([3, 4, 5]);
    memory[2] = 30;
    expect(part[0]).toBe(30);
  });
});
