import { describe, expect, expectTypeOf, it } from "vitest";
import { Arguments, args, fromArguments, toArguments } from "../../src/contract/arguments.ts";

describe("args()", () => {
  it("keeps its values in order, with their types", () => {
    const values = args(1, "b", [true]);
    expect(values).toBeInstanceOf(Arguments);
    expect(values.values).toEqual([1, "b", [true]]);
    expectTypeOf(values).toEqualTypeOf<Arguments<[number, string, boolean[]]>>();
  });
});

describe("toArguments()", () => {
  it.each<[string, unknown, unknown[]]>([
    ["nothing", undefined, []],
    ["null", null, [null]],
    ["one value", "a", ["a"]],
    ["a list, which is one value", [1, 2], [[1, 2]]],
    ["args()", args(), []],
    ["args(a, b)", args(1, [2]), [1, [2]]],
    ["args() of nothing", args(undefined), [undefined]],
  ])("takes %s", (_what, data, values) => {
    expect(toArguments(data)).toEqual(values);
  });
});

describe("fromArguments()", () => {
  it("gives nothing, the one value, or a list of several", () => {
    expect([fromArguments([]), fromArguments([[1]]), fromArguments([1, 2])]).toEqual([
      undefined,
      [1],
      [1, 2],
    ]);
  });
});
