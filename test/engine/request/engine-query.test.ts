import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engineQuery } from "../../../src/engine/request/engine-query.ts";

describe("engineQuery", () => {
  it("reads what a client of today sends", () => {
    expect(engineQuery("/socket.io/?EIO=4&transport=polling&t=abc&sid=A-b_1")).toEqual({
      version: "4",
      transport: "polling",
      id: "A-b_1",
      isJsonp: false,
      isTextOnly: false,
    });
  });

  it("tells a missing parameter from an empty one", () => {
    expect(engineQuery("/socket.io/?transport=")).toMatchObject({
      version: null,
      transport: "",
      id: null,
    });
  });

  it("sees the marks of clients that take no binary data, and no mark in an empty one", () => {
    expect(engineQuery("/socket.io/?EIO=3&b64=1&j=0")).toMatchObject({
      isTextOnly: true,
      isJsonp: true,
    });
    expect(engineQuery("/socket.io/?b64=").isTextOnly).toBe(false);
  });

  it("takes the first of several", () => {
    expect(engineQuery("/socket.io/?EIO=4&EIO=3&sid=a&sid=b")).toMatchObject({
      version: "4",
      id: "a",
    });
  });

  it("reads nothing without a query", () => {
    const nothing = { version: null, transport: null, id: null, isJsonp: false, isTextOnly: false };
    for (const url of ["", "/socket.io/", "/socket.io/?", "/EIO=4"])
      expect(engineQuery(url)).toEqual(nothing);
  });

  it("reads what the parser for forms reads, however the query is written", () => {
    const piece = fc.constantFrom(
      "EIO",
      "sid",
      "transport",
      "j",
      "b64",
      "=",
      "&",
      "?",
      "%45",
      "%",
      "+",
      "#",
      "é",
      "4",
      "a",
    );
    const query = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(query, (query) => {
        const all = new URLSearchParams(query);
        expect(engineQuery(`/socket.io/?${query}`)).toEqual({
          version: all.get("EIO"),
          transport: all.get("transport"),
          id: all.get("sid"),
          isJsonp: all.has("j"),
          isTextOnly: (all.get("b64") ?? "") !== "",
        });
      }),
      { numRuns: 5000 },
    );
  });
});
