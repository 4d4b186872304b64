import { describe, expect, it } from "vitest";
import { weightOf } from "../../src/base/weight.ts";
import { heldBytes } from "../support/held-memory.ts";

/** The same texts, each in memory of its own: texts made of pieces may share them. */
const flat = (texts: readonly string[]): unknown => JSON.parse(JSON.stringify(texts));

describe("weightOf", () => {
  it.each([
    ["empty objects", () => JSON.parse(`[${"{},".repeat(50_000)}0]`)],
    ["empty lists", () => JSON.parse(`[${"[],".repeat(50_000)}0]`)],
    ["objects with a member", () => JSON.parse(`[${'{"a":1},'.repeat(50_000)}0]`)],
    ["short texts", () => Array.from({ length: 50_000 }, (_, index) => `text ${index}`)],
    ["long texts", () => flat(Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(5000, "é")))],
    [
      "texts beyond latin1",
      () => flat(Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(5000, "語"))),
    ],
    ["small buffers", () => Array.from({ length: 20_000 }, () => new Uint8Array(10))],
    ["views of large buffers", () => Array.from({ length: 10 }, () => Buffer.alloc(100_000).subarray(0, 1))],
  ])("is about the memory of %s", (_what, make) => {
    const held = heldBytes(make);
    const weight = weightOf(make());
    expect(weight).toBeGreaterThan(held * 0.6);
    expect(weight).toBeLessThan(held * 4);
  });

  it("counts a value held twice once, and ends for a ring", () => {
    const shared = { text: "x".repeat(10_000) };
    const ring: Record<string, unknown> = { one: shared, two: shared };
    ring.self = ring;
    expect(weightOf(ring)).toBeLessThan(21_000);
  });

  it("takes any nesting", () => {
    let nested: unknown = "inside";
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
    expect(weightOf(nested)).toBeGreaterThan(100_000);
  });

  it("takes what cannot be read", () => {
    const hostile = {
      get member() {
        throw new Error("not for you");
      },
    };
    expect(weightOf([hostile, "x".repeat(1000)])).toBeGreaterThan(2000);
  });

  it("looks into maps and sets", () => {
    expect(weightOf(new Map([["key", "x".repeat(1000)]]))).toBeGreaterThan(2000);
    expect(weightOf(new Set(["x".repeat(1000)]))).toBeGreaterThan(2000);
  });
});
