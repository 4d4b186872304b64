import { expect, it } from "vitest";
import { LatencyHistogram } from "../../../../src/cli/load/measure/latency-histogram.ts";

const parts = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

it("gives quantiles within a thousandth and 1 µs of the exact ones, over nine powers of ten", () => {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x80000000;
  };
  const histogram = new LatencyHistogram();
  const values = Array.from({ length: 20_000 }, () => 10 ** (random() * 9 - 3));
  for (const value of values) histogram.add(value);
  values.sort((one, other) => one - other);
  for (const part of parts) {
    const exact = values[Math.max(1, Math.ceil(part * values.length)) - 1] ?? 0;
    expect(Math.abs(histogram.quantile(part) - exact)).toBeLessThanOrEqual(exact / 1000 + 0.001);
  }
  expect(histogram.quantiles([0.5, 1])).toEqual([histogram.quantile(0.5), values.at(-1)]);
  expect(histogram.max).toBe(values.at(-1));
  expect(histogram.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 3);
});

it("puts each duration into a bucket of its own order", () => {
  let before = 0;
  for (let value = 1; value < 2 ** 32; value = Math.ceil(value * 1.01)) {
    const histogram = new LatencyHistogram();
    histogram.add((value + 0.5) / 1000);
    // A greater one, so that the quantile is the end of the bucket and not the greatest value.
    histogram.add(2 ** 33);
    const end = histogram.quantile(0.5) * 1000;
    expect(end).toBeGreaterThanOrEqual(value);
    expect(end).toBeGreaterThanOrEqual(before);
    expect(end).toBeLessThanOrEqual((value + 1) * 1.001 + 1);
    before = end;
  }
});

it("takes any duration, and forgets them all", () => {
  const histogram = new LatencyHistogram();
  expect([histogram.quantile(0.5), histogram.mean, histogram.count]).toEqual([0, 0, 0]);
  for (const value of [-1, 0, 1e9]) histogram.add(value);
  expect([histogram.quantile(1), histogram.count]).toEqual([1e9, 3]);
  histogram.clear();
  expect([histogram.quantile(1), histogram.count, histogram.max, histogram.mean]).toEqual([0, 0, 0, 0]);
});
