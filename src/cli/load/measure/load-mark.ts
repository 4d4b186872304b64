/**
 * The mark in a sent event by which it is known again when it comes back: sender, number and time. It is
 * looked for in the text of a message, so that nothing has to be parsed.
 */

/** Makes and finds the marks of one run; other runs have other ones. */
export class LoadMarks {
  readonly #prefix: string;
  /** What {@link find} has found last. Fields, because an object would be an allocation for each event. */
  client = 0;
  number = 0;
  /** In ms, of this process's clock. */
  time = 0;
  #at = 0;

  /** @param run - letters and digits */
  constructor(run: string) {
    this.#prefix = `rc:${run}:`;
  }

  /**
   * A mark as text, such as `rc:x7f3:12:3:1234567:`.
   *
   * @param client - the number of the sender
   * @param number - counts its events
   * @param time - in ms, of this process's clock
   */
  write(client: number, number: number, time: number): string {
    return `${this.#prefix}${client}:${number}:${Math.round(time * 1000)}:`;
  }

  /** Looks for the mark in a message, wherever it stands. Returns whether there is one. */
  find(message: string): boolean {
    const at = message.indexOf(this.#prefix);
    if (at === -1) return false;
    this.#at = at + this.#prefix.length;
    this.client = this.#digits(message);
    this.number = this.#digits(message);
    this.time = this.#digits(message) / 1000;
    // A mark that the server has cut off is none.
    return !Number.isNaN(this.time);
  }

  /** Reads digits up to the next colon. */
  #digits(message: string): number {
    let value = 0;
    for (let code = message.charCodeAt(this.#at++); code !== 0x3a; code = message.charCodeAt(this.#at++)) {
      if (!(code >= 0x30 && code <= 0x39)) return Number.NaN;
      value = value * 10 + code - 0x30;
    }
    return value;
  }
}
