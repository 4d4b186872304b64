/** Counts observations by how large they are. */

import type { HistogramSample, MetricLabels } from "./metric.ts";

/** One histogram. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One more than there are bounds: the last is for everything beyond. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds - the upper bounds of the buckets, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Adds an observation. */
  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    // Most observations are small.
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#sum += value;
  }

  /** The present state. */
  sample(labels: MetricLabels = {}): HistogramSample {
    let count = 0;
    const buckets = this.#bounds.map((upTo, index) => {
      count += this.#counts[index] ?? 0;
      return { upTo, count };
    });
    count += this.#counts[this.#bounds.length] ?? 0;
    return { labels, count, sum: this.#sum, buckets };
  }
}
