import { expect, it } from "vitest";
import { addDurations, noDurations } from "../../../src/dashboard/data/durations.ts";

it("durations of several processes are added bound by bound", () => {
  const one = { count: 3, sum: 0.5, bounds: [0.1, 1], counts: [1, 3] };
  expect(addDurations(one, { count: 2, sum: 4, bounds: [0.1, 1], counts: [0, 1] })).toEqual({
    count: 5,
    sum: 4.5,
    bounds: [0.1, 1],
    counts: [1, 4],
  });
  expect(addDurations(noDurations, one)).toEqual(one);
  expect(addDurations(one, noDurations)).toEqual(one);
});
