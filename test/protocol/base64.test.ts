/** Base64 by each of the means that a runtime may have, held to the same behaviour. */

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProtocolError } from "../../src/base/errors.ts";

/** The samples of RFC 4648, section 10. */
const samples = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

const { Buffer: nodeBuffer } = globalThis;

/** Does what the method of newer engines does, whitespace and thrown SyntaxError included. */
const nativeMethods = {
  fromBase64(text: string): Uint8Array {
    const bare = text.replace(/[\t\n\f\r ]/g, "");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) throw new SyntaxError("not base64");
    return new Uint8Array(nodeBuffer.from(bare, "base64"));
  },
  toBase64(this: Uint8Array): string {
    return nodeBuffer.from(this).toString("base64");
  },
};

describe.each(["Buffer", "Uint8Array.fromBase64", "atob"])("base64 by %s", (means) => {
  let encodeBase64: (bytes: Uint8Array) => string;
  let decodeBase64: (text: string) => Uint8Array;
  let Refusal: typeof ProtocolError;

  beforeEach(async () => {
    vi.resetModules();
    if (means !== "Buffer") vi.stubGlobal("Buffer", undefined);
    if (means === "Uint8Array.fromBase64") {
      Object.defineProperty(Uint8Array, "fromBase64", {
        value: nativeMethods.fromBase64,
        configurable: true,
      });
      Object.defineProperty(Uint8Array.prototype, "toBase64", {
        value: nativeMethods.toBase64,
        configurable: true,
      });
    }
    try {
      ({ encodeBase64, decodeBase64 } = await import("../../src/protocol/base64.ts"));
      ({ ProtocolError: Refusal } = await import("../../src/base/errors.ts"));
    } finally {
      vi.unstubAllGlobals();
    }
  });

  afterEach(() => {
    if (means !== "Uint8Array.fromBase64") return;
    Reflect.deleteProperty(Uint8Array, "fromBase64");
    Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
  });

  it.each(samples)("writes and reads %j as %j", (text, base64) => {
    expect(encodeBase64(new TextEncoder().encode(text))).toBe(base64);
    expect(new TextDecoder().decode(decodeBase64(base64))).toBe(text);
  });

  it("writes only what a view shows of its memory", () => {
    const memory = new Uint8Array([9, 9, 1, 2, 3, 9]);
    expect(encodeBase64(memory.subarray(2, 5))).toBe("AQID");
  });

  it("reads base64 in lines", () => {
    expect([...decodeBase64("AQID\nBA==\n")]).toEqual([1, 2, 3, 4]);
    expect([...decodeBase64("AQID\r\nBA==\r\n")]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    "A",
    "AA",
    "AAA",
    "AA=",
    "====",
    "AAA=AAAA",
    "AB==",
    "AAB=",
    "AA-_",
    "AA A",
    "A\tAAA",
    "AAé=",
    "AAAA\r",
  ])("refuses %j", (text) => {
    expect(() => decodeBase64(text)).toThrow(Refusal);
  });

  it("gives back a megabyte", () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31) % 251);
    expect(nodeBuffer.compare(decodeBase64(encodeBase64(bytes)), bytes)).toBe(0);
  });

  it("gives back any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([...decodeBase64(encodeBase64(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it("reads any text as exactly the bytes that are written so, or refuses it", () => {
    const unit = fc.constantFrom(..."ABYZabyz0189+/=-_ \n");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 16 }), (text) => {
        try {
          expect(encodeBase64(decodeBase64(text))).toBe(text.replaceAll("\n", ""));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
      { numRuns: 500 },
    );
  });
});
