import { describe, expect, it } from "vitest";
import {
  encodeAsciiFrame,
  encodeBinaryFrameHeader,
  encodeCloseFrame,
  encodeControlFrame,
  encodeTextFrame,
} from "../../src/websocket/frame.ts";
import { readFrames } from "../support/fake-link.ts";

const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];

describe("encodeTextFrame", () => {
  it.each(sizes)("builds a frame of %i bytes that ws reads", (size) => {
    const text = "x".repeat(size);
    expect(readFrames([encodeTextFrame(text)])).toEqual([text]);
  });

  it.each([
    "é",
    "ÿ\u0080",
    "中文字",
    "👋🏽",
    "a👋",
    "\u0000\u001e\u007f",
    "\u2028",
    "é".repeat(63),
    "é".repeat(62),
  ])("carries %j", (text) => {
    expect(readFrames([encodeTextFrame(text)])).toEqual([text]);
  });

  it("counts bytes, not characters", () => {
    for (const size of [62, 63, 32_767, 32_768]) {
      const text = "é".repeat(size);
      expect(readFrames([encodeTextFrame(text)])).toEqual([text]);
    }
  });

  it("replaces half of a surrogate pair, since ws's peers refuse text that is not valid", () => {
    expect(readFrames([encodeTextFrame("a\ud800b")])).toEqual(["a\ufffdb"]);
  });

  it("is one final, unmasked text frame (RFC 6455 §5.2)", () => {
    expect([...encodeTextFrame("Hello")]).toEqual([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    expect([...encodeTextFrame("x".repeat(256)).subarray(0, 4)]).toEqual([0x81, 0x7e, 0x01, 0x00]);
    expect([...encodeTextFrame("x".repeat(65_536)).subarray(0, 10)]).toEqual([
      0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0,
    ]);
  });
});

describe("encodeBinaryFrameHeader", () => {
  it.each(sizes)("stands before %i bytes that ws reads", (size) => {
    const bytes = Buffer.alloc(size, 7);
    const messages = readFrames([encodeBinaryFrameHeader(size), bytes]);
    expect(messages).toHaveLength(1);
    expect(bytes.equals(messages[0] as Buffer)).toBe(true);
  });

  it("has the length of bodies too large to allocate here", () => {
    expect([...encodeBinaryFrameHeader(5 * 2 ** 32 + 3)]).toEqual([0x82, 0x7f, 0, 0, 0, 5, 0, 0, 0, 3]);
  });
});

describe("encodeAsciiFrame", () => {
  it.each([0, 1, 125, 126, 127, 255, 256, 65_535])(
    "gives %i characters the bytes of a text frame",
    (size) => {
      const text = "x".repeat(size);
      const frame = encodeAsciiFrame(text) ?? "";
      expect(Buffer.from(frame, "latin1").equals(encodeTextFrame(text))).toBe(true);
    },
  );

  it.each(["é", "ÿ\u0080", "中", "x".repeat(65_536)])(
    "leaves to encodeTextFrame what it cannot do",
    (text) => {
      expect(encodeAsciiFrame(text)).toBeUndefined();
    },
  );
});

describe("control frames", () => {
  it("carry a short payload (RFC 6455 §5.5)", () => {
    expect([...encodeControlFrame(0xa, [1, 2, 3])]).toEqual([0x8a, 3, 1, 2, 3]);
  });

  it("say why a connection ends, or nothing", () => {
    expect([...encodeCloseFrame(1002)]).toEqual([0x88, 2, 0x03, 0xea]);
    expect([...encodeCloseFrame()]).toEqual([0x88, 0]);
  });
});
