import { describe, expect, it } from "vitest";
import { durationsBetween, joinDurations, quantile } from "../../../../src/dashboard/page/parts/quantile.ts";

const bounds = [0.01, 0.1, 1];
const of = (...counts: number[]) => ({ count: counts.at(-1) ?? 0, sum: 0, bounds, counts });

describe("a quantile", () => {
  it("lies within its bucket, as if the durations there were evenly spread", () => {
    expect(quantile(of(0, 100, 100), 0.5)).toBeCloseTo(0.055);
    expect(quantile(of(50, 100, 100), 0.5)).toBeCloseTo(0.01);
    expect(quantile(of(50, 100, 100), 0.25)).toBeCloseTo(0.005);
  });

  it("is the largest bound where the duration lies above all bounds", () => {
    expect(quantile({ ...of(1, 1, 1), count: 2 }, 0.99)).toBe(1);
  });

  it("is not known without durations", () => {
    expect(quantile(of(0, 0, 0), 0.5)).toBeNull();
    expect(quantile({ count: 0, sum: 0, bounds: [], counts: [] }, 0.5)).toBeNull();
  });
});

it("durations between two readings are the difference, and all where the process began again", () => {
  expect(durationsBetween(of(1, 2, 3), of(1, 4, 8))).toMatchObject({ count: 5, counts: [0, 2, 5] });
  expect(durationsBetween(of(5, 5, 5), of(1, 1, 1))).toEqual(of(1, 1, 1));
  expect(durationsBetween(undefined, of(1, 1, 1))).toEqual(of(1, 1, 1));
});

it("durations of several processes are joined, without those that have none", () => {
  const none = { count: 0, sum: 0, bounds: [], counts: [] };
  expect(joinDurations([none, of(1, 2, 3), of(1, 1, 1)])).toMatchObject({ count: 4, counts: [2, 3, 4] });
  expect(joinDurations([none])).toEqual(none);
});
