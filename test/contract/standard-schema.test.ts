import { type as ark } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isSchema } from "../../src/contract/standard-schema.ts";

describe("isSchema()", () => {
  it.each([
    ["Zod's", z.string()],
    ["Valibot's", v.string()],
    ["ArkType's, which are functions", ark("string")],
  ])("knows %s", (_library, schema) => expect(isSchema(schema)).toBe(true));

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "string"],
    ["a function", () => {}],
    ["a later version", { "~standard": { version: 2 } }],
    ["half a schema", { "~standard": null }],
  ])("refuses %s", (_what, value) => expect(isSchema(value)).toBe(false));
});
