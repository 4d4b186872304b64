import { expect, it } from "vitest";
import { LatencyHistogram } from "../../../src/cli/load/latency-histogram.ts";

it("gives quantiles within two percent, over seven powers of ten", () => {
  for (const scale of [0.01, 1, 100, 10_000]) {
    const histogram = new LatencyHistogram();
    for (let value = 1; value <= 1000; value++) histogram.add(value * scale);
    for (const part of [0.5, 0.9, 0.99, 0.999]) {
      const exact = part * 1000 * scale;
      expect(Math.abs(histogram.quantile(part) - exact) / exact).toBeLessThan(0.02);
    }
    expect(histogram.max).toBe(1000 * scale);
    expect(histogram.mean).toBeCloseTo(500.5 * scale, 6);
  }
});

it("takes any duration", () => {
  const histogram = new LatencyHistogram();
  expect([histogram.quantile(0.5), histogram.mean, histogram.count]).toEqual([0, 0, 0]);
  for (const value of [-1, 0, 1e9]) histogram.add(value);
  expect([histogram.quantile(1), histogram.count]).toEqual([1e9, 3]);
});
