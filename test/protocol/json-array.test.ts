import { describe, expect, it } from "vitest";
import { encodeJsonArray } from "../../src/protocol/json-array.ts";

class Dated {
  toJSON(): string {
    return "a date";
  }
}

/** Every character of the first 256, and some beyond: alone, and amid others. */
const characters = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
  "\u2028",
  "\ud800",
  "\udfff",
  "\ufeff",
  "漢",
  "🎉",
];

describe("encodeJsonArray", () => {
  it.each([
    [[]],
    [["event"]],
    [["event", "", "plain text", 'a "quote"', "a \\ backslash", "two\nlines"]],
    [[0, -0, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, true, false, null]],
    [[undefined, () => {}, Symbol("nothing"), "behind"]],
    [[{ a: [1, { b: "ü" }], c: undefined, d: new Date(0) }, [undefined], new Dated(), Object("boxed")]],
    [["x".repeat(100_000), `${"x".repeat(100_000)}\n`]],
  ] as const)("encodes %j as JSON.stringify does", (values) => {
    expect(encodeJsonArray(values).json).toBe(JSON.stringify(values));
  });

  it("encodes every character as JSON.stringify does, and knows which text is ASCII", () => {
    for (const character of characters) {
      for (const text of [character, `a${character}z`]) {
        const { json, isAscii } = encodeJsonArray(["event", text]);
        expect(json).toBe(JSON.stringify(["event", text]));
        if (isAscii) expect(Buffer.byteLength(json)).toBe(json.length);
      }
    }
  });

  it("knows that plain text, numbers and the like are ASCII", () => {
    expect(encodeJsonArray(["event", "plain text ~", 1.5, true, null]).isAscii).toBe(true);
    expect(encodeJsonArray(["event", "ü"]).isAscii).toBe(false);
    expect(encodeJsonArray(["event", { text: "ü" }]).isAscii).toBe(false);
    expect(encodeJsonArray(["ü", 1]).isAscii).toBe(false);
  });

  it("throws what JSON.stringify throws", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => encodeJsonArray([1n])).toThrow(TypeError);
    expect(() => encodeJsonArray([circle])).toThrow(TypeError);
  });
});
