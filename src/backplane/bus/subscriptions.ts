/** Reference-counted subscriptions. An unused subject stays subscribed for a while: clients come and go. */

import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";

/** Subscribes to subjects. */
export interface SubscriptionBus {
  subscribe(subject: string): Promise<void>;
  unsubscribe(subject: string): void;
}

interface Entry {
  holders: number;
  /** `null` once the subscription is confirmed. */
  confirmed: Promise<void> | null;
  readonly lingering: Deadline<string>;
}

/** See the head of this file. */
export class Subscriptions {
  readonly #bus: SubscriptionBus;
  readonly #entries = new Map<string, Entry>();
  readonly #lingering: DeadlineQueue<string>;

  /**
   * @param bus - where to subscribe
   * @param linger - how long an unused subject stays subscribed, in ms
   */
  constructor(bus: SubscriptionBus, linger: number, clock: Clock) {
    this.#bus = bus;
    this.#lingering = new DeadlineQueue(clock, linger, (subject) => {
      this.#entries.delete(subject);
      bus.unsubscribe(subject);
    });
  }

  /** The number of subscribed subjects. */
  get size(): number {
    return this.#entries.size;
  }

  /** Uses a subject once more. */
  hold(subject: string): void {
    let entry = this.#entries.get(subject);
    if (entry === undefined) {
      const confirmed = this.#bus.subscribe(subject).then(() => {
        if (added.confirmed === confirmed) added.confirmed = null;
      });
      const added: Entry = { holders: 0, confirmed, lingering: new Deadline(subject) };
      entry = added;
      this.#entries.set(subject, added);
    }
    entry.holders += 1;
    entry.lingering.cancel();
  }

  /** Uses a subject once less. */
  release(subject: string): void {
    const entry = this.#entries.get(subject);
    if (entry === undefined || entry.holders === 0) return;
    entry.holders -= 1;
    if (entry.holders === 0) this.#lingering.add(entry.lingering);
  }

  /** What to wait for until the messages of a subject come; `null` where they do. */
  confirmed(subject: string): Promise<void> | null {
    return this.#entries.get(subject)?.confirmed ?? null;
  }

  /** Forgets all subjects. The owner of the bus closes that. */
  close(): void {
    for (const { lingering } of this.#entries.values()) lingering.cancel();
    this.#entries.clear();
  }
}
