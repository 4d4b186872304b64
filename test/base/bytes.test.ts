import { describe, expect, it } from "vitest";
import { compactBytes, isBinary, ownBytes, toBytes } from "../../src/base/bytes.ts";

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

describe("compactBytes", () => {
  it("copies a small part of a larger memory", () => {
    const memory = new Uint8Array(1000).fill(7);
    const small = compactBytes(memory.subarray(10, 20));
    expect(small).toEqual(new Uint8Array(10).fill(7));
    expect(small.buffer.byteLength).toBe(10);
  });

  it("leaves bytes as they are that are most of their memory", () => {
    const memory = new Uint8Array(1000);
    const large = memory.subarray(100);
    expect(compactBytes(large)).toBe(large);
  });

  it("makes a Buffer of a Buffer", () => {
    expect(Buffer.isBuffer(compactBytes(Buffer.alloc(1000).subarray(0, 3)))).toBe(true);
  });
});

describe("ownBytes", () => {
  it("gives a copy in memory of exactly its size, also of a Buffer in Node's shared memory", () => {
    const shared = Buffer.from("abc");
    const own = ownBytes(shared);
    shared.fill(0);
    expect(Buffer.from(own).toString()).toBe("abc");
    expect(own.buffer.byteLength).toBe(3);
  });
});
