/**
 * Writing MessagePack: the forms of its specification, the dialect of the stock parser, abuse, and that
 * parser beside ours.
 */

import fc from "fast-check";
import { decode as stockDecode, encode as stockEncode } from "notepack.io";
import { describe, expect, it } from "vitest";
import { RoomcastError } from "../../src/base/errors.ts";
import { decodeMessagePack } from "../../src/protocol/message-pack-reader.ts";
import { MessagePackWriter } from "../../src/protocol/message-pack-writer.ts";

const limits = { maxDepth: 10, maxAttachments: 10 };

function encode(value: unknown): Buffer {
  const writer = new MessagePackWriter();
  writer.value(value);
  return Buffer.from(writer.take());
}

function decode(bytes: Uint8Array | string): unknown {
  return decodeMessagePack(typeof bytes === "string" ? Buffer.from(bytes, "hex") : bytes, limits);
}

/** Values that both sides have, without whole numbers that only floating point can hold. */
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5),
    fc.maxSafeInteger(),
    fc.integer({ min: -70_000, max: 70_000 }),
    fc.double({ noInteger: true }),
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 5 }).map(Buffer.from),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: "binary", maxLength: 6 }), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

const unlimited = { maxDepth: 1000, maxAttachments: 1000 };

describe("MessagePackWriter", () => {
  it.each<[unknown, string]>([
    [null, "c0"],
    [false, "c2"],
    [true, "c3"],
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [255, "ccff"],
    [256, "cd0100"],
    [65_535, "cdffff"],
    [65_536, "ce00010000"],
    [4_294_967_295, "ceffffffff"],
    [4_294_967_296, "cf0000000100000000"],
    [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-128, "d080"],
    [-129, "d1ff7f"],
    [-32_768, "d18000"],
    [-32_769, "d2ffff7fff"],
    [-2_147_483_648, "d280000000"],
    [-2_147_483_649, "d3ffffffff7fffffff"],
    [1.5, "cb3ff8000000000000"],
    [1e300, "cb7e37e43c8800759c"],
    ["", "a0"],
    ["abc", "a3616263"],
    ["é", "a2c3a9"],
    ["a".repeat(31), `bf${"61".repeat(31)}`],
    ["a".repeat(32), `d920${"61".repeat(32)}`],
    ["é".repeat(16), `d920${"c3a9".repeat(16)}`],
    ["é".repeat(128), `da0100${"c3a9".repeat(128)}`],
    [[], "90"],
    [[1, [2]], "92019102"],
    [new Array(16).fill(0), `dc0010${"00".repeat(16)}`],
    [{}, "80"],
    [{ a: 1, b: null }, "82a16101a162c0"],
    [Buffer.from([1, 2]), "c4020102"],
    [new Date(0), "d7000000000000000000"],
    [new Date(-1), "d700ffffffffffffffff"],
  ])("writes %j as %s", (value, hex) => {
    expect(encode(value).toString("hex")).toBe(hex);
  });

  it.each([
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
    ["a view of a part", new Uint8Array([0, 1, 2, 3]).subarray(1, 3)],
    ["a view of another kind", new Int16Array([0x0201])],
    ["a DataView", new DataView(new Uint8Array([0, 1, 2]).buffer, 1)],
  ])("writes the bytes of %s and no others", (_, value) => {
    expect(encode(value).toString("hex")).toBe("c4020102");
  });

  it("writes text, arrays, objects and binary of any length", () => {
    for (const length of [31, 32, 255, 256, 65_535, 65_536, 200_000]) {
      const text = "x".repeat(length);
      const list = new Array(length).fill(1);
      for (const value of [text, `${text}é`, list, Buffer.alloc(length, 7)]) {
        expect(stockEncode(value).equals(encode(value))).toBe(true);
      }
      const object = Object.fromEntries(list.map((item, index) => [`k${index}`, item]));
      expect(stockEncode(object).equals(encode(object))).toBe(true);
    }
  });

  it("takes what JSON.stringify makes of other values", () => {
    class Point {
      x = 1;
      hidden = undefined;
      move() {}
    }
    const values = [
      undefined,
      [undefined, () => 1, Symbol("s")],
      { a: undefined, b: () => 1, c: Symbol("s"), d: 1 },
      new Point(),
      new Map([[1, 2]]),
      new Set([1]),
      [new String("s"), new Number(2), new Boolean(false)],
      { toJSON: () => ({ made: true }) },
      { toJSON: (key: string) => `of ${key}` },
      { deep: { toJSON: (key: string) => `of ${key}` }, list: [{ toJSON: (key: string) => key }] },
      { toJSON: () => undefined },
      Object.assign(Object.create({ inherited: 1 }), { own: 2 }),
    ];
    for (const value of values) {
      expect(decode(encode([value]))).toEqual(JSON.parse(JSON.stringify([value])));
    }
    expect(encode(new Date(Number.NaN)).toString("hex")).toBe("c0");
  });

  it("does not follow a conversion that leads to itself", () => {
    const value: Record<string, unknown> = { name: "x" };
    value.toJSON = () => value;
    expect(decode(encode(value))).toEqual({ name: "x" });
  });

  it("refuses what cannot be sent, and is as good as new", () => {
    const writer = new MessagePackWriter();
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    for (const [value, reason] of [
      [[1n], "BigInt"],
      [cycle, "cycle"],
    ] as const) {
      expect(() => writer.value(value)).toThrow(RoomcastError);
      writer.reset();
      expect(() => writer.value(value)).toThrow(reason);
      writer.reset();
    }
    writer.value(1);
    expect([...writer.take()]).toEqual([1]);
  });

  it.each([-4_422_650_525_290_470, 8_640_000_000_000_000, -8_640_000_000_000_000, -1])(
    "gives back the very millisecond of a date at %d",
    (time) => {
      expect(decodeMessagePack(encode(new Date(time)), unlimited)).toEqual(new Date(time));
    },
  );

  it("writes what the stock parser reads, and nearly always what it writes", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        expect(stockDecode(bytes)).toEqual(value);
        expect(decodeMessagePack(bytes, unlimited)).toEqual(value);
        expect(bytes.equals(stockEncode(value))).toBe(true);
      }),
    );
  });
});
