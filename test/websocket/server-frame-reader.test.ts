import { describe, expect, it } from "vitest";
import { ServerFrameReader } from "../../src/websocket/server-frame-reader.ts";

/** Frames of a server: short, without payload, with each longer header, in fragments around a ping. */
const frames = Buffer.concat([
  Buffer.from([0x81, 4]),
  Buffer.from("40{}"),
  Buffer.from([0x8a, 0]),
  Buffer.from([0x81, 126, 0, 200]),
  Buffer.alloc(200, "x"),
  Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
  Buffer.alloc(65_536, 7),
  Buffer.from([0x01, 2]),
  Buffer.from("2["),
  Buffer.from([0x89, 1]),
  Buffer.from("?"),
  Buffer.from([0x00, 0]),
  Buffer.from([0x80, 1]),
  Buffer.from("]"),
]);

const expected = [
  [1, "40{}"],
  [10, ""],
  [1, "x".repeat(200)],
  [2, "\u0007".repeat(65_536)],
  [9, "?"],
  [1, "2[]"],
];

/** Reads bytes in pieces of one size, each in memory that is overwritten afterwards. */
function read(bytes: Buffer, pieceLength: number): [number, string][] {
  const seen: [number, string][] = [];
  const reader = new ServerFrameReader(
    { onFrame: (opcode, memory, start, end) => seen.push([opcode, memory.toString("latin1", start, end)]) },
    100_000,
  );
  const memory = Buffer.alloc(pieceLength + 3);
  for (let start = 0; start < bytes.length; start += pieceLength) {
    const length = bytes.copy(memory, 3, start, Math.min(bytes.length, start + pieceLength));
    reader.read(memory, 3, 3 + length);
    memory.fill(0xff);
  }
  return seen;
}

describe("ServerFrameReader", () => {
  it.each([1, 2, 3, 5, 7, 11, 13, 200, 4096, frames.length])(
    "reads messages in pieces of %i bytes",
    (length) => {
      expect(read(frames, length)).toEqual(expected);
    },
  );

  it("reports a message when its last byte is there, and not before", () => {
    const seen: number[] = [];
    const reader = new ServerFrameReader({ onFrame: (opcode) => seen.push(opcode) }, 100);
    reader.read(frames, 0, 5);
    expect(seen).toEqual([]);
    reader.read(frames, 5, 6);
    expect(seen).toEqual([1]);
  });

  it.each([
    ["a mask", [0x81, 0x81], "with a mask"],
    ["a reserved bit", [0xc1, 1], "reserved bits"],
    ["a long ping", [0x89, 126, 0, 200], "control frame"],
    ["a ping in fragments", [0x09, 1], "control frame"],
    ["a continuation of nothing", [0x80, 0], "a fragment of no message"],
    ["a message within a message", [0x01, 0, 0x81, 0], "within another"],
    ["a long message", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], "more than 100 bytes"],
  ])("refuses %s", (_, bytes, message) => {
    const reader = new ServerFrameReader({ onFrame() {} }, 100);
    expect(() => reader.read(Buffer.from(bytes), 0, bytes.length)).toThrow(message);
  });

  it("hands on compressed messages as they come, marked so, where they may come", () => {
    const bytes = Buffer.from([0xc1, 2, 1, 2, 0x42, 1, 3, 0x89, 0, 0x80, 1, 4, 0x81, 1, 5]);
    const seen: [number, number[]][] = [];
    const listener = {
      onFrame: (type: number, memory: Buffer, start: number, end: number) =>
        void seen.push([type, [...memory.subarray(start, end)]]),
    };
    new ServerFrameReader(listener, 1000, true).read(Buffer.from(bytes), 0, bytes.length);
    expect(seen).toEqual([
      [0x41, [1, 2]],
      [0x09, []],
      [0x42, [3, 4]],
      [0x01, [5]],
    ]);
    for (const takesCompressed of [true, false]) {
      const reader = new ServerFrameReader(listener, 1000, takesCompressed);
      expect(() => reader.read(Buffer.from([0xa1, 0]), 0, 2)).toThrow("reserved bits");
    }
    const plain = new ServerFrameReader(listener, 1000);
    expect(() => plain.read(Buffer.from(bytes), 0, bytes.length)).toThrow("reserved bits");
  });
});
