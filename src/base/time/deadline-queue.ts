/**
 * Many things that all wait for the same duration. The oldest is always due first, so a linked list keeps
 * them in order, moving one costs the same however many wait, and one timer serves them all.
 */

import type { Clock, Timer } from "./clock.ts";

/** The place of one item in at most one queue at a time. Made once for the item and used again and again. */
export class Deadline<T> {
  readonly item: T;
  /** @internal */ dueAt = 0;
  /** @internal */ queue: DeadlineQueue<T> | null = null;
  /** @internal */ previous: Deadline<T> | null = null;
  /** @internal */ next: Deadline<T> | null = null;

  /** @param item - handed to the queue's callback when its time has come */
  constructor(item: T) {
    this.item = item;
  }

  /** Leaves the queue it waits in, if any. */
  cancel(): void {
    this.queue?.remove(this);
  }
}

/** A queue of {@link Deadline}s of one duration. */
export class DeadlineQueue<T> {
  readonly #clock: Clock;
  readonly #duration: number;
  readonly #early: number;
  readonly #onDue: (item: T) => void;
  #first: Deadline<T> | null = null;
  #last: Deadline<T> | null = null;
  #timer: Timer | null = null;
  #size = 0;

  /**
   * @param clock - where time comes from
   * @param duration - how long each item waits, in ms
   * @param onDue - called with each item whose time has come; it may add the item again
   * @param early - how much sooner items may be handled, in ms, so that those which are due close together
   *   are handled together: each comes at least a quarter of that early. Default 0
   */
  constructor(clock: Clock, duration: number, onDue: (item: T) => void, early = 0) {
    this.#clock = clock;
    this.#duration = duration;
    this.#early = early;
    this.#onDue = onDue;
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts a deadline at the end of the queue, taking it out of the queue where it waited before. */
  add(deadline: Deadline<T>): void {
    deadline.queue?.remove(deadline);
    deadline.queue = this;
    deadline.dueAt = this.#clock.now() + this.#duration;
    deadline.previous = this.#last;
    if (this.#last === null) this.#first = deadline;
    else this.#last.next = deadline;
    this.#last = deadline;
    this.#size += 1;
    // The first item has its timer, or gets it at the end of the tick that handles those before it.
    if (this.#size === 1) this.#wait(this.#duration);
  }

  /** How long a deadline has waited in this queue, in ms. */
  waited({ dueAt }: Deadline<T>): number {
    return this.#clock.now() - (dueAt - this.#duration);
  }

  /** Takes a deadline out of this queue; one that does not wait here is left alone. */
  remove(deadline: Deadline<T>): void {
    if (deadline.queue !== this) return;
    if (deadline.previous === null) this.#first = deadline.next;
    else deadline.previous.next = deadline.next;
    if (deadline.next === null) this.#last = deadline.previous;
    else deadline.next.previous = deadline.previous;
    deadline.queue = deadline.previous = deadline.next = null;
    this.#size -= 1;
    if (this.#size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
  }

  #wait(milliseconds: number): void {
    // The runtime counts whole milliseconds, and cuts off fractions.
    const soonest = Math.ceil(milliseconds - this.#early);
    const wait = Math.max(soonest, Math.floor(milliseconds - this.#early / 4), 0);
    this.#timer = this.#clock.after(wait, this.#onTime);
  }

  /**
   * After a stall the input that came during it waits behind the timer. Its senders are not to blame: it goes
   * first.
   */
  readonly #onTime = () => this.#clock.atTickEnd(this.#tick);

  readonly #tick = () => {
    this.#timer?.cancel();
    this.#timer = null;
    const now = this.#clock.now();
    try {
      // An item that is added again goes to the end with a later time, so the loop ends.
      while (this.#first !== null && this.#first.dueAt <= now + this.#early) {
        const { item } = this.#first;
        this.remove(this.#first);
        this.#onDue(item);
      }
    } finally {
      if (this.#first !== null && this.#timer === null) this.#wait(this.#first.dueAt - now);
    }
  };
}
