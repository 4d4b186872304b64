import { describe, expect, it } from "vitest";
import { hasMethod } from "../../../src/adapter/frameworks/application.ts";

describe("hasMethod", () => {
  it.each<[string, unknown]>([
    ["an object", { use() {} }],
    ["an object that inherits it", Object.create({ use() {} })],
    ["a function", Object.assign(() => {}, { use() {} })],
  ])("finds the method of %s", (_what, value) => {
    expect(hasMethod(value, "use")).toBe(true);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["an object without it", {}],
    ["an object where the name is no function", { use: true }],
  ])("finds none in %s", (_what, value) => {
    expect(hasMethod(value, "use")).toBe(false);
  });

  it("takes no text or number for an application, although they have methods", () => {
    expect([hasMethod("app", "at"), hasMethod(5, "toFixed")]).toEqual([false, false]);
  });
});
