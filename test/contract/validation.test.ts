import { type as ark } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type } from "../../src/contract/plain-type.ts";
import type { StandardSchema } from "../../src/contract/standard-schema.ts";
import { issueText, validate, validateOne } from "../../src/contract/validation.ts";

const libraries: [string, StandardSchema, StandardSchema][] = [
  ["Zod", z.object({ list: z.array(z.object({ n: z.number() })) }), z.string()],
  ["Valibot", v.object({ list: v.array(v.object({ n: v.number() })) }), v.string()],
  ["ArkType", ark({ list: [{ n: "number" }, "[]"] }), ark("string")],
];

describe.each(libraries)("validate() with schemas of %s", (_library, schema, text) => {
  it("gives the values at once", () => {
    const value = { list: [{ n: 1 }] };
    expect(validate([schema], [value], 5)).toEqual({ values: [value] });
    expect(validate([text, schema], ["a", value], 5)).toEqual({ values: ["a", value] });
  });

  it("says where values do not fit, in plain data", () => {
    const wrong = { list: [{ n: 1 }, { n: "two" }] };
    const issue = { message: expect.stringMatching(/number/i), path: ["list", 1, "n"] };
    expect(JSON.parse(JSON.stringify(validate([schema], [wrong], 5)))).toEqual({ issues: [issue] });
    expect(validate([text, schema], ["a", wrong], 5)).toEqual({
      issues: [{ ...issue, path: [1, "list", 1, "n"] }],
    });
    expect(validate([text], [5], 5)).toEqual({
      issues: [{ message: expect.stringMatching(/string/i), path: [] }],
    });
    expect(validate([text, text], ["a"], 5)).toEqual({
      issues: [{ message: expect.stringMatching(/string/i), path: [1] }],
    });
  });
});

describe("validate()", () => {
  const later = z.string().refine(async (text) => text !== "taken", "taken");

  it("gives what schemas make of values", () => {
    expect(validate([z.string().transform(Number)], ["5"], 5)).toEqual({ values: [5] });
    expect(validate([z.number().default(7)], [], 5)).toEqual({ values: [7] });
    expect(validate([z.string(), z.number().default(7)], ["a"], 5)).toEqual({ values: ["a", 7] });
  });

  it("adds no arguments that did not come", () => {
    expect(validate([z.string().optional()], [], 5)).toEqual({ values: [] });
    expect(validate([type(), z.string().optional(), type()], ["a"], 5)).toEqual({ values: ["a"] });
    expect(validate([], [], 5)).toEqual({ values: [] });
  });

  it("refuses arguments that are too many", () => {
    expect(validate([z.string()], ["a", "b"], 5)).toEqual({
      issues: [{ message: "Too many arguments: expected 1, received 2", path: [1] }],
    });
  });

  it("gives a promise where a schema answers later, and only there", async () => {
    expect(validate([later], [5], 5)).toMatchObject({ issues: [{ path: [] }] });
    await expect(validate([later], ["free"], 5)).resolves.toEqual({ values: ["free"] });
    await expect(validate([z.number(), later], [1, "taken"], 5)).resolves.toEqual({
      issues: [{ message: "taken", path: [1] }],
    });
  });

  it("keeps as many issues as asked for, and cuts long texts", () => {
    const list = z.array(z.number());
    expect(validate([list], [Array.from({ length: 9 }, String)], 3)).toMatchObject({
      issues: [{ path: [0] }, { path: [1] }, { path: [2] }],
    });
    const long = z.record(z.string(), z.never("no".repeat(500)));
    const { issues } = validate([long], [{ ["k".repeat(500)]: 1 }], 3) as { issues: readonly unknown[] };
    expect(issues).toEqual([{ message: "no".repeat(150), path: ["k".repeat(100)] }]);
  });

  it("throws what a schema throws", async () => {
    const broken = type();
    const failing = (validate: () => never): StandardSchema => ({
      "~standard": { ...broken["~standard"], validate },
    });
    const throwing = failing(() => {
      throw new Error("broken");
    });
    expect(() => validate([throwing], [1], 5)).toThrow("broken");
    expect(() => validate([failing(() => undefined as never)], [1], 5)).toThrow(TypeError);
    const rejecting = failing((async () => {
      throw new Error("late");
    }) as never);
    await expect(validate([later, rejecting], ["a", "b"], 5)).rejects.toThrow("late");
  });
});

describe("validateOne()", () => {
  it("checks a value that is no list of arguments", () => {
    expect(validateOne(z.object({ a: z.string() }), { a: 1 }, 5)).toMatchObject({
      issues: [{ path: ["a"] }],
    });
  });
});

describe("issueText()", () => {
  it("is one line", () => {
    expect(
      issueText([
        { message: "wrong", path: [] },
        { message: "bad", path: ["a", 0] },
      ]),
    ).toBe("wrong; a.0: bad");
  });
});
