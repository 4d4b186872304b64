/**
 * Reading MessagePack: the forms of its specification, the dialect of the stock parser, abuse, and that
 * parser beside ours.
 */

import fc from "fast-check";
import { encode as stockEncode } from "notepack.io";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import { decodeMessagePack } from "../../src/protocol/message-pack-reader.ts";

const limits = { maxDepth: 10, maxAttachments: 10 };

function decode(bytes: Uint8Array | string): unknown {
  return decodeMessagePack(typeof bytes === "string" ? Buffer.from(bytes, "hex") : bytes, limits);
}

describe("decodeMessagePack", () => {
  it.each<[string, unknown]>([
    ["ca3fc00000", 1.5],
    ["cf0020000000000001", 2 ** 53],
    ["d3ffffffffffffffff", -1],
    ["d900", ""],
    ["db00000001 61", "a"],
    ["dd00000001 01", [1]],
    ["df00000001 a161 01", { a: 1 }],
    ["c60000000101", Buffer.from([1])],
    ["d40000", undefined],
    ["92d4000001", [undefined, 1]],
    ["c7030001 0203", Buffer.from([1, 2, 3])],
    ["c80001 00 ff", Buffer.from([255])],
    ["c900000001 00 ff", Buffer.from([255])],
    ["c70100 05", Buffer.from([5])],
    ["c70800 0000000000000000", Buffer.alloc(8)],
    ["d700 0000018bcfe56800", new Date(1_700_000_000_000)],
    ["d6ff 6553f100", new Date(1_700_000_000_000)],
    ["d7ff 07735940 6553f100", new Date(1_700_000_000_031)],
    ["c70cff 1dcd6500 ffffffffffffffff", new Date(-500)],
    ["8101c0", { 1: null }],
    ["81ffc0", { "-1": null }],
    ["82a16101a16102", { a: 2 }],
  ])("reads %s", (hex, value) => {
    expect(decode(hex.replaceAll(" ", ""))).toEqual(value);
  });

  it.each([
    ["nothing", ""],
    ["bytes behind the value", "c0c0"],
    ["the type that is none", "c1"],
    ["text that ends too early", "a261"],
    ["a length that ends too early", "da01"],
    ["an array that ends too early", "9201"],
    ["an array that promises what no message holds", "ddffffffff"],
    ["a map that promises what no message holds", "dfffffffff"],
    ["binary that promises what no message holds", "c6ffffffff"],
    ["an extension that promises what no message holds", "c9ffffffff00"],
    ["a map without its last value", "81a161"],
    ["text that is not UTF-8", "a2c328"],
    ["half of a surrogate pair", "a3eda080"],
    ["a map as a key", "8180c0"],
    ["null as a key", "81c0c0"],
    ["a fraction as a key", "81cb3ff8000000000000c0"],
    ["binary as a key", "81c40161c0"],
    ["an extension of an unknown type", "d40100"],
    ["an extension of an unknown type and any length", "c7010500"],
    ["a timestamp of a wrong length", "c701ff00"],
    ["an extension of two bytes", "d5000000"],
    ["an extension of sixteen bytes", `d800${"00".repeat(16)}`],
    ["a date that ends too early", "d70000"],
  ])("refuses %s", (_, hex) => {
    expect(() => decode(hex)).toThrow(ProtocolError);
  });

  it("takes no more levels and no more binary than it may", () => {
    const nested = (levels: number) => `${"91".repeat(levels)}c0`;
    expect(() => decode(nested(10))).not.toThrow();
    expect(() => decode(nested(11))).toThrow("nested deeper than 10 levels");
    expect(() => decode(`${"81a161".repeat(11)}c0`)).toThrow("nested deeper than 10 levels");
    expect(() => decode(Buffer.alloc(1_000_000, 0x91))).toThrow("nested deeper");
    expect(() => decode(`9a${"c400".repeat(10)}`)).not.toThrow();
    expect(() => decode(`9b${"c400".repeat(10)}c70000`)).toThrow("more than 10 attachments");
  });

  it("has __proto__ as a key like any other", () => {
    const value = decode("82a95f5f70726f746f5f5f81a16101a16202") as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__", "b"]);
    expect((value as { a?: unknown }).a).toBeUndefined();
  });

  it("reads what the stock parser writes, a buffer of any kind too", () => {
    const view = new Uint8Array([1, 2, 3]);
    const value = { a: [undefined, new Date(5), view, view.buffer, Buffer.from(view)], b: undefined };
    expect(decode(stockEncode(value))).toEqual({
      a: [undefined, new Date(5), Buffer.from(view), Buffer.from(view), Buffer.from(view)],
      b: undefined,
    });
  });

  it("refuses or reads any bytes, and throws nothing else", () => {
    const types = fc.constantFrom(
      ...[0xc0, 0xc4, 0xc7, 0xc8, 0xd4, 0xd7, 0xd9, 0xdc, 0xde, 0x81, 0x92, 0xa1, 0, 1, 0xff],
    );
    const nearly = fc.array(fc.oneof(types, fc.integer({ min: 0, max: 255 })), { maxLength: 40 });
    fc.assert(
      fc.property(nearly, (bytes) => {
        try {
          decode(Uint8Array.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
