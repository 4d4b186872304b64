/** Random numbers that are the same in every run, so that every server gets the same load. */

/** A generator of whole numbers from 0 up to, but not including, a limit (Marsaglia's xorshift32). */
export class Random {
  #state = 0x9e3779b9;

  /** The next number below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  /** The next number from 0 up to, but not including, 1. */
  share(): number {
    return this.below(2 ** 32) / 2 ** 32;
  }
}
