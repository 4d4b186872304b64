/** Remembers the latest ids of each sender, to tell the second copy of a message from the first. */

/** The fewest ids of one sender that are remembered. */
const generation = 1024;
/** The most senders that are remembered: a stranger can make up any number. */
const maxSenders = 10_000;

interface Generations {
  current: Set<number>;
  previous: Set<number>;
}

/** See the head of this file. */
export class DuplicateFilter {
  readonly #senders = new Map<string, Generations>();

  /** Takes note of an id; `false` when it was known. */
  add(sender: string, id: number): boolean {
    let ids = this.#senders.get(sender);
    if (ids === undefined) {
      ids = { current: new Set(), previous: new Set() };
      const [oldest] = this.#senders.size < maxSenders ? [] : this.#senders.keys();
      if (oldest !== undefined) this.#senders.delete(oldest);
      this.#senders.set(sender, ids);
    }
    if (this.has(sender, id)) return false;
    if (ids.current.size >= generation) {
      ids.previous = ids.current;
      ids.current = new Set();
    }
    ids.current.add(id);
    return true;
  }

  /** Whether an id is known. */
  has(sender: string, id: number): boolean {
    const ids = this.#senders.get(sender);
    return ids !== undefined && (ids.current.has(id) || ids.previous.has(id));
  }

  /** Forgets a sender. */
  forget(sender: string): void {
    this.#senders.delete(sender);
  }
}
