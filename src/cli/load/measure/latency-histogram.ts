/**
 * Durations in buckets whose width is a thousandth of what they hold: three significant digits, as an HDR
 * histogram has them, in some hundred kB for any number of values.
 */

/** Buckets of one power of two, as a power of two. */
const precision = 10;
const subdivisions = 2 ** precision;

/** Durations up to 2³² µs, which is more than an hour. */
const buckets = subdivisions * (32 - precision + 1);
const longest = 2 ** 32 - 1;

/** A histogram. */
export class LatencyHistogram {
  /** Numbers of 53 bits: a run of days has more values than 32 bits count. */
  readonly #counts = new Float64Array(buckets);
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
    const duration = milliseconds > 0 ? milliseconds : 0;
    const bucket = bucketOf(Math.min(longest, Math.floor(duration * 1000)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += duration;
    if (duration > this.#max) this.#max = duration;
  }

  /** Forgets all values. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#max = 0;
  }

  /**
   * The duration that a part of the values does not exceed.
   *
   * @param part - from 0 to 1: 0.99 for p99
   * @returns in ms; 0 where there is no value
   */
  quantile(part: number): number {
    const rank = Math.max(1, Math.ceil(part * this.#count));
    if (rank >= this.#count) return this.#max;
    let seen = 0;
    for (let bucket = 0; bucket < buckets - 1; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank) return Math.min(this.#max, upperEnd(bucket) / 1000);
    }
    return this.#max;
  }

  /**
   * How the values are spread.
   *
   * @param parts - from 0 to 1, ascending
   * @returns the duration in ms for each part
   */
  quantiles(parts: readonly number[]): number[] {
    return parts.map((part) => this.quantile(part));
  }
}

/** The bucket of a duration in µs: below 1024 each has its own, above each power of two has 1024. */
function bucketOf(value: number): number {
  if (value < subdivisions) return value;
  const power = 31 - precision - Math.clz32(value);
  return subdivisions * power + (value >>> power);
}

/** Where a bucket ends, in µs. */
function upperEnd(bucket: number): number {
  if (bucket < subdivisions) return bucket + 1;
  const power = Math.floor(bucket / subdivisions) - 1;
  return (bucket - subdivisions * power + 1) * 2 ** power;
}
