import { describe, expect, it } from "vitest";
import { preview, previewAll } from "../../../src/dashboard/data/preview.ts";

describe("a preview", () => {
  it.each([
    [{ a: 1, "b c": [true, null, "x"] }, '{ "a": 1, "b c": [true, null, "x"] }'],
    [[], "[]"],
    [{}, "{}"],
    [undefined, "undefined"],
    [new Uint8Array(5), "<5 bytes>"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["<img src=x onerror=1>", '"<img src=x onerror=1>"'],
  ])("of %j is %s", (value, text) => {
    expect(preview(value, 1000)).toBe(text);
  });

  it("is cut where it is long, however large the value is", () => {
    const text = preview({ list: Array(1e6).fill("x".repeat(100)) }, 50);
    expect(text).toHaveLength(51);
    expect(text).toMatch(/^\{ "list": \["x+.*…$/);
    expect(preview("y".repeat(1e7), 10)).toBe('"yyyyyyyyy…');
  });

  it("ends in values that contain themselves, and in ones that cannot be read", () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    expect(preview(ring, 1000)).toMatch(/^(\{ "self": ){8}…( \}){8}$/);
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(preview(trap, 1000)).toBe("a value that cannot be read");
  });

  it("of several arguments has no brackets around them", () => {
    expect(previewAll([1, "a"], 100)).toBe('1, "a"');
    expect(previewAll([], 100)).toBe("");
    expect(previewAll(["abcdefgh"], 5)).toBe('"abcd…');
  });
});
