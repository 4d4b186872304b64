/** Distributions of durations, as histograms with upper bounds. */

import type { Durations } from "../api.ts";

/** No duration. */
export const noDurations: Durations = { count: 0, sum: 0, bounds: [], counts: [] };

/** Two distributions as one. The bounds of both are the same, or one has none. */
export function addDurations(a: Durations, b: Durations): Durations {
  const { bounds, counts } = a.bounds.length >= b.bounds.length ? a : b;
  const other = counts === a.counts ? b.counts : a.counts;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    bounds,
    counts: counts.map((count, index) => count + (other[index] ?? 0)),
  };
}
