/** The mark in a sent event by which it is known again when it comes back: sender, number and time. */

/** What a mark says. Time in ms, of this process's clock. */
export interface LoadMark {
  readonly client: number;
  readonly number: number;
  readonly time: number;
}

/** Makes and finds the marks of one run; other runs have other ones. */
export class LoadMarks {
  readonly #prefix: string;

  /** @param run - letters and digits */
  constructor(run: string) {
    this.#prefix = `rc:${run}:`;
  }

  /** A mark as text, such as `rc:x7f3:12:3:1234567`. */
  write({ client, number, time }: LoadMark): string {
    return `${this.#prefix}${client}:${number}:${Math.round(time * 1000)}:`;
  }

  /** The mark in a message, wherever it stands. */
  find(message: string): LoadMark | undefined {
    const at = message.indexOf(this.#prefix);
    if (at === -1) return undefined;
    const [client, number, time] = message
      .slice(at + this.#prefix.length, at + this.#prefix.length + 40)
      .split(":");
    return { client: Number(client), number: Number(number), time: Number(time) / 1000 };
  }
}
