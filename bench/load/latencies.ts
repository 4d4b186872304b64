/** Gathers waiting times without making an object for each, and tells their percentiles. */

/** Waiting times in milliseconds. */
export class Latencies {
  readonly #values: Float64Array;
  #count = 0;

  /** @param capacity - how many are kept; those beyond it are not, so it should be the number expected */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** Adds one waiting time, in ms. */
  add(milliseconds: number): void {
    if (this.#count === this.#values.length) return;
    this.#values[this.#count] = milliseconds;
    this.#count += 1;
  }

  /** The times within which half of all and 99 of 100 were over; `null` when there were none. */
  percentiles(): { p50: number; p99: number } | null {
    const { length } = this.#values.subarray(0, this.#count);
    if (length === 0) return null;
    const sorted = this.#values.slice(0, length).sort();
    const at = (share: number) => sorted[Math.min(length - 1, Math.floor(share * length))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
