/**
 * What a broker was asked to keep and has not answered yet, in order. A broker may refuse a message by ending the
 * connection. To send it again would end the next one too, so what was first in line at several ends is given up.
 */

/** Something that a broker is asked to keep. */
export interface Suspect {
  /** How many connections in a row have ended when it was the first without an answer. */
  breaks: number;
}

/** So many connections may end with the same message first in line: the broker itself may have failed. */
const maxBreaks = 3;

/** Whether something ends every connection on which it is sent. */
export function isPoison({ breaks }: Suspect): boolean {
  return breaks >= maxBreaks;
}

/** See above. */
export class OpenRequests {
  readonly #open = new Set<Suspect>();

  /** Something is sent. */
  add(suspect: Suspect): void {
    this.#open.add(suspect);
  }

  /** The broker has answered. */
  settle(suspect: Suspect): void {
    suspect.breaks = 0;
    this.#open.delete(suspect);
  }

  /** The connection has ended. */
  onBreak(): void {
    const [first] = this.#open;
    if (first !== undefined) first.breaks += 1;
    this.#open.clear();
  }
}
