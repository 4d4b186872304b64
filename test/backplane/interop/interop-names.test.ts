import { describe, expect, it } from "vitest";
import { foreignName, foreignNames } from "../../../src/backplane/interop/interop-names.ts";

describe("a name in another program's message", () => {
  it.each([
    ["room", "room"],
    [5, "5"],
    [0, "0"],
    [-1.5, "-1.5"],
    [2n ** 63n, "9223372036854775808"],
  ])("is a text, or the digits of a number: %s", (value, name) => {
    expect(foreignName(value)).toBe(name);
    expect(foreignNames(value)).toEqual({ names: [name], unusable: null });
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a boolean", true],
    ["an empty text", ""],
    ["an object", { room: "a" }],
    ["a list", ["a"]],
    ["nothing", null],
  ])("is no other value, and the kind of that value is said: %s", (what, value) => {
    expect(foreignName(value)).toBe(null);
    expect(foreignNames([value])).toEqual({ names: [], unusable: what });
    expect(foreignNames(["a", value, 5])).toEqual({ names: ["a", "5"], unusable: what });
  });

  it("is none in particular where nothing is given", () => {
    for (const value of [null, undefined])
      expect(foreignNames(value)).toEqual({ names: null, unusable: null });
    expect(foreignNames([])).toEqual({ names: [], unusable: null });
  });
});
