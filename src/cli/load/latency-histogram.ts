/** Durations in buckets that are at most 1.6 % wide, whatever their size: a few kB for millions of values. */

/** Buckets of one power of two. */
const subdivisions = 64;

/** Durations up to an hour, in µs. */
const buckets = subdivisions * 33;

/** A histogram. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** In ms; 0 where there is no value. */
  get max(): number {
    return this.#max;
  }

  /** In ms; 0 where there is no value. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Takes a duration in ms. */
  add(milliseconds: number): void {
    const duration = Math.max(0, milliseconds);
    this.#counts[bucketOf(duration * 1000)] = (this.#counts[bucketOf(duration * 1000)] ?? 0) + 1;
    this.#count += 1;
    this.#sum += duration;
    if (duration > this.#max) this.#max = duration;
  }

  /**
   * The duration that a part of the values does not exceed.
   *
   * @param part - from 0 to 1: 0.99 for p99
   * @returns in ms; 0 where there is no value
   */
  quantile(part: number): number {
    const rank = Math.ceil(part * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank && seen > 0 && bucket < buckets - 1)
        return Math.min(this.#max, upperEnd(bucket) / 1000);
    }
    return this.#max;
  }
}

/** The bucket of a duration in µs: below 64 each has its own, above 64 for each power of two. */
function bucketOf(duration: number): number {
  const value = Math.floor(duration);
  if (value < subdivisions) return value;
  const power = Math.floor(Math.log2(value)) - 6;
  const place = Math.floor(value / 2 ** power) - subdivisions;
  return Math.min(buckets - 1, subdivisions * (power + 1) + place);
}

function upperEnd(bucket: number): number {
  if (bucket < subdivisions) return bucket + 1;
  const power = Math.floor(bucket / subdivisions) - 1;
  return ((bucket % subdivisions) + subdivisions + 1) * 2 ** power;
}
