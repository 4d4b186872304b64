import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  deflateMessage,
  deflateMessageLater,
  inflateMessage,
  tailLength,
} from "../../src/websocket/message-deflate.ts";

const settings = { level: 6, windowBits: 15 };

/** Inflates bytes given as a message. */
function inflate(message: Uint8Array, maxLength = 1_000_000): string | number {
  const inflated = inflateMessage(Buffer.concat([message, Buffer.alloc(tailLength)]), maxLength);
  return typeof inflated === "number" ? inflated : inflated.toString();
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
/** Compressed data that says that its last block is the last. */
const final = (text: string) => deflateRawSync(text);
const long = "a text that compresses well, ".repeat(5000);
/** Texts that repeat what lies this far back. */
const distant = (bytes: number) => {
  const start = Array.from({ length: 60 }, (_, index) => String.fromCharCode(33 + index)).join("");
  return start + "~".repeat(bytes - start.length) + start;
};

describe("a message that is compressed", () => {
  it("is as the specification shows it", () => {
    // RFC 7692 §7.2.3.1, §7.2.3.6
    expect(Buffer.from(deflateMessage(Buffer.from("Hello"), settings))).toEqual(hex("f2 48 cd c9 c9 07 00"));
    expect(Buffer.from(deflateMessage(Buffer.from(""), settings))).toEqual(hex("00"));
  });

  it.each([0, 1, 5, 126, 1000, 16_384, 16_385, 65_536, 1_000_000])("of %i bytes comes back", (length) => {
    const text = long.repeat(8).slice(0, length);
    for (const windowBits of [8, 9, 13, 15])
      expect(inflate(deflateMessage(Buffer.from(text), { level: 1, windowBits }))).toBe(text);
  });

  it.each([8, 9, 10, 12])("refers no farther back than %i bits", (windowBits) => {
    const text = Buffer.from(distant(2 ** windowBits + 64));
    const deflated = deflateMessage(text, { level: 9, windowBits });
    // What has no more of a window inflates it.
    const within = deflateMessage(text, { level: 9, windowBits: 15 });
    expect(deflated.length).toBeGreaterThan(within.length + 30);
    expect(inflate(deflated)).toBe(text.toString());
  });

  it("is made in another thread too, and is the same", async () => {
    for (const text of ["", "Hello", long]) {
      const deflated = await new Promise<Uint8Array | null>((resolve) => {
        deflateMessageLater(Buffer.from(text), settings, resolve);
      });
      expect(deflated).toEqual(deflateMessage(Buffer.from(text), settings));
    }
  });
});

describe("inflating", () => {
  it.each([
    ["a fixed block", "f2 48 cd c9 c9 07 00"],
    ["a stored block", "00 05 00 fa ff 48 65 6c 6c 6f 00"],
    ["a block that says that it is the last", "f3 48 cd c9 c9 07 00 00"],
    ["such a block with nothing behind it", "f3 48 cd c9 c9 07 00"],
    ["two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
  ])("reads %s, as the specification shows it", (_what, message) => {
    expect(inflate(hex(message))).toBe("Hello");
  });

  it("reads what follows a block that says that it is the last", () => {
    const parts = ["one ", "two ".repeat(20_000), "three"];
    expect(inflate(Buffer.concat([...parts.map(final), hex("00")]))).toBe(parts.join(""));
    expect(inflate(Buffer.concat([final("one "), deflateMessage(Buffer.from("two"), settings)]))).toBe(
      "one two",
    );
  });

  it("reads not many such blocks, since each costs as much as a message", () => {
    expect(inflate(Buffer.concat(Array.from({ length: 31 }, () => final("a"))))).toBe("a".repeat(31));
    expect(inflate(Buffer.concat(Array.from({ length: 10_000 }, () => final("a"))))).toBe(1007);
  });

  it("refuses bytes that are no compressed data", () => {
    for (const bytes of ["ff ff ff", "02 fd ff", "00 05 00 00 00 48", "05 00 ff ff"])
      expect(inflate(hex(bytes))).toBe(1007);
  });

  it("takes as much as it may, and no byte more", () => {
    const message = deflateMessage(Buffer.from(long), settings);
    expect(inflate(message, long.length)).toBe(long);
    expect(inflate(message, long.length - 1)).toBe(1009);
    const parts = Buffer.concat([final("12345"), final("67890")]);
    expect(inflate(parts, 10)).toBe("1234567890");
    expect(inflate(parts, 9)).toBe(1009);
    expect(inflate(parts, 5)).toBe(1009);
    expect(inflate(hex("00"), 0)).toBe("");
  });

  it("stops as soon as it is too much", () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024);
    const message = deflateRawSync(bomb, { finishFlush: constants.Z_SYNC_FLUSH });
    const before = process.memoryUsage().arrayBuffers;
    expect(inflate(message, 100_000)).toBe(1009);
    // Nothing of what was taken in one call is given back within it.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  });
});
