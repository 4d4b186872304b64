/** How fast one name may write: so many messages at once, and one more with each further second. */

const burst = 20;

interface Writer {
  /** How many messages may be written at once, at the time `at`. */
  credit: number;
  at: number;
  mutedUntil: number;
}

export class FloodLimit {
  readonly #writers = new Map<string, Writer>();
  readonly #pause: number;

  /** @param pause - a message over the limit mutes for this long, in ms */
  constructor(pause: number) {
    this.#pause = pause;
  }

  /** Counts a message. Returns until when the name is muted, in ms since 1970; `undefined` if it is not. */
  count(name: string, now = Date.now()): number | undefined {
    const writer = this.#writers.get(name) ?? { credit: burst, at: now, mutedUntil: 0 };
    this.#writers.set(name, writer);
    writer.credit = Math.min(burst, writer.credit + (now - writer.at) / 1_000);
    writer.at = now;
    if (now >= writer.mutedUntil && writer.credit < 1) writer.mutedUntil = now + this.#pause;
    if (now < writer.mutedUntil) return writer.mutedUntil;
    writer.credit--;
    return undefined;
  }
}
