/** Quantiles of histograms. */

import type { Durations } from "../../api.ts";

/** The durations that came between two readings of a histogram that only grows. */
export function durationsBetween(before: Durations | undefined, after: Durations): Durations {
  // A process that has started again counts from zero.
  if (before === undefined || before.count > after.count) return after;
  return {
    count: after.count - before.count,
    sum: after.sum - before.sum,
    bounds: after.bounds,
    counts: after.counts.map((each, index) => each - (before.counts[index] ?? 0)),
  };
}

/** Several histograms as one. */
export function joinDurations(all: readonly Durations[]): Durations {
  const [first, ...others] = all.filter(({ bounds }) => bounds.length > 0);
  if (first === undefined) return { count: 0, sum: 0, bounds: [], counts: [] };
  return others.reduce<Durations>(
    (sum, each) => ({
      count: sum.count + each.count,
      sum: sum.sum + each.sum,
      bounds: sum.bounds,
      counts: sum.counts.map((value, index) => value + (each.counts[index] ?? 0)),
    }),
    first,
  );
}

/**
 * Estimates a quantile: the durations of a bucket count as evenly spread.
 *
 * @param part - from 0 to 1: 0.99 is the duration that one of a hundred exceeds
 * @returns in seconds; `null` where there are no durations
 */
export function quantile({ count, bounds, counts }: Durations, part: number): number | null {
  if (count === 0 || bounds.length === 0) return null;
  const rank = part * count;
  const index = counts.findIndex((each) => each >= rank);
  if (index === -1) return bounds.at(-1) ?? null;
  const low = index === 0 ? 0 : (bounds[index - 1] ?? 0);
  const high = bounds[index] ?? low;
  const before = index === 0 ? 0 : (counts[index - 1] ?? 0);
  const inBucket = (counts[index] ?? 0) - before;
  return inBucket === 0 ? high : low + ((high - low) * (rank - before)) / inBucket;
}
