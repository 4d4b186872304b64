import { describe, expect, it } from "vitest";
import { generateId } from "../../../src/base/id.ts";
import { generateSid, isSid, sidGenerator } from "../../../src/core/model/sid.ts";

describe("a sid", () => {
  it("is 120 random bits behind a mark, with or without the process's own prefix", () => {
    expect(generateSid()).toMatch(/^sid~[\w-]{20}$/);
    expect(sidGenerator("process")()).toMatch(/^sid~process[\w-]{20}$/);
    expect(new Set(Array.from({ length: 1000 }, () => generateSid())).size).toBe(1000);
  });

  it("is told from its form alone", () => {
    for (const sid of [generateSid(), sidGenerator("process")()]) expect(isSid(sid)).toBe(true);
  });

  it("looks like no name that applications give to rooms, ids of other libraries among them", () => {
    for (const room of [
      "lobby",
      "general-discussions1",
      generateId(),
      `sid_${generateId()}`,
      `user:${generateSid()}`,
      "~doznec-sampel-palnet",
      "0V1StGXR8_Z5jdHi6B-myT",
      "01ARZ3NDEKTSV4RRFFQ69G5FAV",
      "507f1f77bcf86cd799439011",
      "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b",
      "SID~upper",
      "sid",
      "",
    ]) {
      expect(isSid(room)).toBe(false);
    }
  });
});
