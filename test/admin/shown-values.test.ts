import { expect, it } from "vitest";
import { shownValue, shownValues } from "../../src/admin/shown-values.ts";

it("shows plain values as they are", () => {
  const value = { text: "tea", list: [1, true, null], at: { x: 1 } };
  expect(shownValue(value)).toEqual(value);
  expect(shownValue(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
});

it("shows binary data by its length, and what JSON lacks as text or nothing", () => {
  expect(shownValue([Buffer.from("tea"), new ArrayBuffer(4), 5n, undefined, () => 1])).toEqual([
    "<3 bytes>",
    "<4 bytes>",
    "5",
    null,
    null,
  ]);
});

it("cuts long texts, lists and objects, and deep ones", () => {
  expect(shownValue("x".repeat(2000))).toHaveLength(1001);
  expect(shownValue(new Array(200).fill(1))).toHaveLength(101);
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`name${index}`, index]));
  expect(Object.keys(shownValue(wide) as object)).toHaveLength(101);
  const ring: unknown[] = [];
  ring.push(ring);
  expect(JSON.stringify(shownValue(ring))).toContain("…");
});

it("shows nothing of an object that cannot be read", () => {
  const broken = {
    get name() {
      throw new Error("broken");
    },
  };
  expect(shownValue([broken])).toEqual(["…"]);
});

it("is short in all", () => {
  const tree = (depth: number): unknown => (depth === 0 ? "x".repeat(500) : Array(10).fill(tree(depth - 1)));
  expect(JSON.stringify(shownValue(tree(5))).length).toBeLessThan(8000);
  const list = shownValues(Array(100).fill({ text: "x".repeat(900) }));
  expect(list).toHaveLength(100);
  expect(JSON.stringify(list).length).toBeLessThan(8000);
});
