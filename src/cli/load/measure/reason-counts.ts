/** How often something happened, by the reason in words; of very many reasons, the rest together. */

/** Reasons that are told apart. */
const mostReasons = 20;
const longestReason = 160;

/** Counts by reason. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** All together. */
  get total(): number {
    return this.#total;
  }

  /** Counts one. */
  add(reason: string): void {
    const short = reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
    const name = this.#counts.has(short) || this.#counts.size < mostReasons ? short : "other reasons";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#total += 1;
  }

  /** The counts as plain data, most frequent first. */
  read(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, one], [, other]) => other - one));
  }
}
