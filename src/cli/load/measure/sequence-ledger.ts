/**
 * Knows for each client which events of each sender it has got, by their numbers: doubles, events that are
 * late, and numbers between others that never came. It remembers the last 32 numbers of each pair exactly.
 */

/** What one event was to its client. */
export type SequenceArrival =
  /** The next number, or a later one. */
  | "new"
  /** A number that was passed over before. */
  | "late"
  /** A number that was there already. */
  | "double"
  /** A number so old that it is not known whether it was there. */
  | "old"
  /** There are too many pairs for this one to be remembered. */
  | "untracked";

/** Numbers that are remembered, behind the greatest one. */
const span = 32;
/** Senders whose states stand together, as a power of two. */
const pageBits = 6;
const pageSenders = 2 ** pageBits;
/** For each sender: the greatest number, and a bit for each of the 32 up to it. */
const words = 2;
/** The most pages of all clients together: 512 bytes each. */
const mostPages = 1_000_000;

/** All pairs of senders and clients. */
export class SequenceLedger {
  /** By client, then by page of senders. */
  readonly #pages: (Uint32Array | undefined)[][] = [];
  readonly #mostPages: number;
  #pageCount = 0;
  /** Numbers that were passed over, and have left the 32 that are remembered. */
  #passed = 0;

  /** @param limit - the most pages of 512 bytes */
  constructor(limit = mostPages) {
    this.#mostPages = limit;
  }

  /** Whether there were too many pairs. */
  get isFull(): boolean {
    return this.#pageCount >= this.#mostPages;
  }

  /**
   * Takes an event.
   *
   * @param client - the number of the client that got it
   * @param sender - the number of its sender
   * @param number - counts the events of the sender, from 1
   */
  take(client: number, sender: number, number: number): SequenceArrival {
    const page = this.#pageOf(client, sender);
    if (page === undefined) return "untracked";
    const at = (sender & (pageSenders - 1)) * words;
    const last = page[at] as number;
    const bits = page[at + 1] as number;
    if (number > last) {
      const step = number - last;
      page[at] = number;
      // What came before a client was there is not missing.
      if (last === 0) page[at + 1] = 0xffffffff;
      else if (step >= span) {
        this.#passed += zeros(bits) + step - span;
        page[at + 1] = 1;
      } else {
        this.#passed += zeros(bits >>> (span - step)) - (span - step);
        page[at + 1] = ((bits << step) | 1) >>> 0;
      }
      return "new";
    }
    const back = last - number;
    if (back >= span) return "old";
    const bit = (1 << back) >>> 0;
    if ((bits & bit) !== 0) return "double";
    page[at + 1] = (bits | bit) >>> 0;
    return "late";
  }

  /** Numbers between others that have not come. */
  get gaps(): number {
    let open = 0;
    for (const pages of this.#pages)
      for (const page of pages ?? [])
        for (let at = 0; at < (page?.length ?? 0); at += words)
          if ((page?.[at] ?? 0) > 0) open += zeros(page?.[at + 1] ?? 0);
    return this.#passed + open;
  }

  #pageOf(client: number, sender: number): Uint32Array | undefined {
    let pages = this.#pages[client];
    if (pages === undefined) {
      pages = [];
      this.#pages[client] = pages;
    }
    const index = sender >>> pageBits;
    const known = pages[index];
    if (known !== undefined || this.#pageCount >= this.#mostPages) return known;
    this.#pageCount += 1;
    const page = new Uint32Array(pageSenders * words);
    pages[index] = page;
    return page;
  }
}

/** The bits of 32 that are not set. */
function zeros(bits: number): number {
  let set = bits - ((bits >>> 1) & 0x55555555);
  set = (set & 0x33333333) + ((set >>> 2) & 0x33333333);
  return 32 - (Math.imul((set + (set >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24);
}
