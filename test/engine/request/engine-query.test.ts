import { describe, expect, it } from "vitest";
import { engineQuery } from "../../../src/engine/request/engine-query.ts";

describe("engineQuery", () => {
  it("reads what a client of today sends", () => {
    expect(engineQuery(new URLSearchParams("EIO=4&transport=polling&t=abc&sid=A-b_1"))).toEqual({
      version: "4",
      transport: "polling",
      id: "A-b_1",
      isJsonp: false,
      isTextOnly: false,
    });
  });

  it("tells a missing parameter from an empty one", () => {
    expect(engineQuery(new URLSearchParams("transport="))).toMatchObject({
      version: null,
      transport: "",
      id: null,
    });
  });

  it("sees the marks of clients that take no binary data, and no mark in an empty one", () => {
    expect(engineQuery(new URLSearchParams("EIO=3&b64=1&j=0"))).toMatchObject({
      isTextOnly: true,
      isJsonp: true,
    });
    expect(engineQuery(new URLSearchParams("b64=")).isTextOnly).toBe(false);
  });

  it("takes the first of several", () => {
    expect(engineQuery(new URLSearchParams("EIO=4&EIO=3&sid=a&sid=b"))).toMatchObject({
      version: "4",
      id: "a",
    });
  });
});
