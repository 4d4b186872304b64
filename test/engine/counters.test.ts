import { describe, expect, it } from "vitest";
import { closeCodes } from "../../src/engine/close-reason.ts";
import { Counters } from "../../src/engine/counters.ts";
import { httpErrors } from "../../src/engine/request/http-error.ts";

describe("Counters", () => {
  it("starts with a zero for every reason and every refusal, so that each has a line in reports", () => {
    const { closed, refused } = new Counters();
    expect(Object.keys(closed)).toEqual(Object.keys(closeCodes));
    expect(Object.keys(refused)).toEqual(Object.keys(httpErrors));
    expect(new Set([...Object.values(closed), ...Object.values(refused)])).toEqual(new Set([0]));
  });

  it("counts for one server alone", () => {
    const [one, other] = [new Counters(), new Counters()];
    one.closed["ping timeout"] += 1;
    one.refused.forbidden += 1;
    expect([other.closed["ping timeout"], other.refused.forbidden]).toEqual([0, 0]);
  });
});
