import { expect, it } from "vitest";
import { Histogram } from "../../../src/observe/metrics/histogram.ts";

it("counts each observation in its bucket and in all wider ones", () => {
  const histogram = new Histogram([1, 5, 10]);
  for (const value of [0, 1, 1.5, 10, 11]) histogram.observe(value);
  expect(histogram.sample({ event: "say" })).toEqual({
    labels: { event: "say" },
    count: 5,
    sum: 23.5,
    buckets: [
      { upTo: 1, count: 2 },
      { upTo: 5, count: 3 },
      { upTo: 10, count: 4 },
    ],
  });
});
