/** What happens to one client, kept for a moment for the page that watches it. */

import type { TailEntry, TailPart } from "../api.ts";

/** The most entries that are kept. */
const maxEntries = 500;

/** One client that is watched. */
export class ClientTail {
  /** When it was read last, on the clock that never jumps. */
  readAt: number;
  #entries: TailEntry[] = [];
  #next = 1;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  /** @param now - the time at which the watching begins */
  constructor(now: number) {
    this.readAt = now;
  }

  /** Whether the client has left. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#next;
  }

  /** Something happened. */
  add(entry: Omit<TailEntry, "number" | "time">): void {
    this.#entries.push({ number: this.#next, time: Date.now(), ...entry });
    this.#next += 1;
    if (this.#entries.length > maxEntries) this.#entries.shift();
    this.#wake();
  }

  /** The client has left. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The client has come back, under its own id. */
  resume(): void {
    this.#ended = false;
  }

  /** What happened from an entry on. Without one, what happens from now on. */
  since(after: number): TailPart {
    const first = this.#next - this.#entries.length;
    const from = after === 0 ? this.#next : after;
    return {
      entries: this.#entries.filter(({ number }) => number >= from),
      next: this.#next,
      lost: Math.max(0, first - from),
      ended: this.#ended,
    };
  }

  /** Calls a function once when something happens. Returns what stops the waiting. */
  wait(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}
