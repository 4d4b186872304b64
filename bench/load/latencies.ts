/** Collects latencies without an object for each, and computes percentiles. */

/** Latencies in ms. */
export class Latencies {
  readonly #values: Float64Array;
  #count = 0;

  /** @param capacity - how many are kept; further ones are dropped, so pass the expected number */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** Adds a latency, in ms. */
  add(milliseconds: number): void {
    if (this.#count === this.#values.length) return;
    this.#values[this.#count] = milliseconds;
    this.#count += 1;
  }

  /** The median, and the 99th and 99.9th percentiles; `null` without latencies. */
  percentiles(): { p50: number; p99: number; p999: number } | null {
    const { length } = this.#values.subarray(0, this.#count);
    if (length === 0) return null;
    const sorted = this.#values.slice(0, length).sort();
    const at = (share: number) => sorted[Math.min(length - 1, Math.floor(share * length))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
  }
}
