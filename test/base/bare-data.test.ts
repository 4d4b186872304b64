import { describe, expect, it } from "vitest";
import { dataFrom, emptyData } from "../../src/base/bare-data.ts";

describe("data whose keys a client may choose", () => {
  it("has no key at first, whatever objects have otherwise", () => {
    const data = emptyData();
    for (const key of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(key in data).toBe(false);
      expect(data[key]).toBeUndefined();
    }
  });

  it("takes any key for a key", () => {
    const data = emptyData();
    for (const key of ["constructor", "__proto__", "toString"]) data[key] = { admin: true };
    expect(Object.keys(data)).toEqual(["constructor", "__proto__", "toString"]);
    expect(data.admin).toBeUndefined();
    expect(Object.getPrototypeOf(data)).toBeNull();
    expect(JSON.parse(JSON.stringify(data))).toHaveProperty("constructor", { admin: true });
  });

  it("is taken from another object as it is", () => {
    const source = JSON.parse('{"__proto__":{"admin":true},"name":"Ada"}');
    const data = dataFrom(source);
    expect(Object.entries(data)).toEqual([
      ["__proto__", { admin: true }],
      ["name", "Ada"],
    ]);
    expect(data.admin).toBeUndefined();
    expect(data).toEqual(source);
  });
});
