/**
 * Requests to a broker without an answer yet, in order. A broker may refuse a message by ending the
 * connection. The message would end the next one too, so a request that was first in line at several ends is
 * given up.
 */

/** A request to a broker. */
export interface Suspect {
  /** How many connections in a row have ended while it was the first without an answer. */
  breaks: number;
}

/** How many connections may end with the same request first in line: the broker itself may have failed. */
const maxBreaks = 3;

/** Whether a request ends every connection on which it is sent. */
export function isPoison({ breaks }: Suspect): boolean {
  return breaks >= maxBreaks;
}

/** The error for a request that {@link isPoison | ends connections}. */
export function poisonous(what: string, bytes: number): Error {
  return new Error(
    `The message queue has ended several connections that brought it ${what} of ${bytes} bytes, which is given up.`,
  );
}

/** See the head of this file. */
export class OpenRequests {
  readonly #open = new Set<Suspect>();

  /** A request is sent. */
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
