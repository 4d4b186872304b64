import { describe, expect, it } from "vitest";
import { FrameScanner } from "../../bench/load/frame-scanner.ts";

/** Frames of a server: a text message, one without payload, one with a longer header, a large binary one. */
const frames = Buffer.concat([
  Buffer.from([0x81, 4]),
  Buffer.from("40{}"),
  Buffer.from([0x8a, 0]),
  Buffer.from([0x81, 1]),
  Buffer.from("2"),
  Buffer.from([0x81, 126, 0, 200]),
  Buffer.alloc(200, "x"),
  Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
  Buffer.alloc(65_536, 7),
]);

const expected = [
  [1, 4, 0x3430],
  [10, 0, -1],
  [1, 1, 0x3200],
  [1, 200, 0x7878],
  [2, 65_536, 0x0707],
];

/** Scans the frames in pieces of one size. */
function scan(pieceLength: number): number[][] {
  const seen: number[][] = [];
  const scanner = new FrameScanner({ onFrame: (...frame) => seen.push(frame) });
  for (let start = 0; start < frames.length; start += pieceLength) {
    scanner.scan(frames, start, Math.min(start + pieceLength, frames.length));
  }
  return seen;
}

describe("FrameScanner", () => {
  it("finds the frames in one piece", () => {
    expect(scan(frames.length)).toEqual(expected);
  });

  it.each([1, 2, 3, 5, 7, 11, 13, 200, 4096])("finds the same frames in pieces of %i bytes", (length) => {
    expect(scan(length)).toEqual(expected);
  });

  it("reports a frame only when its last byte has arrived", () => {
    const seen: number[] = [];
    const scanner = new FrameScanner({ onFrame: (_, length) => seen.push(length) });
    scanner.scan(frames, 0, 5);
    expect(seen).toEqual([]);
    scanner.scan(frames, 5, 6);
    expect(seen).toEqual([4]);
  });
});
