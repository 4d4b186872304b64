import { describe, expect, it } from "vitest";
import { type } from "../../src/contract/plain-type.ts";
import { isSchema } from "../../src/contract/standard-schema.ts";

describe("type()", () => {
  it("is a schema that takes every value as it is", () => {
    const schema = type<number>();
    const value = { any: "thing" };
    expect(isSchema(schema)).toBe(true);
    expect(schema["~standard"].validate(value)).toEqual({ value });
  });

  it("describes no value as JSON Schema", () => {
    const { jsonSchema } = type()["~standard"];
    expect(jsonSchema?.input({ target: "draft-07" })).toEqual({});
    expect(jsonSchema?.output({ target: "draft-07" })).toEqual({});
  });
});
