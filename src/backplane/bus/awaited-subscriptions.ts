/** Subscriptions that callers wait for: only for a time, and only while the bus can confirm them. */

import type { Clock } from "../../base/time/clock.ts";
import { BoundedWaits } from "./bounded-waits.ts";
import { type SubscriptionBus, Subscriptions } from "./subscriptions.ts";

/** How long subscriptions take, in ms. */
export interface SubscriptionTimes {
  /** The longest wait for a confirmation. */
  readonly answerTimeout: number;
  /** How long an unused subject stays subscribed: clients come and go. */
  readonly linger: number;
}

/** See the head of this file. */
export class AwaitedSubscriptions {
  readonly #subscriptions: Subscriptions;
  readonly #waits: BoundedWaits;
  #isPaused = false;

  constructor(bus: SubscriptionBus, { answerTimeout, linger }: SubscriptionTimes, clock: Clock) {
    this.#subscriptions = new Subscriptions(bus, linger, clock);
    this.#waits = new BoundedWaits(answerTimeout, clock);
  }

  /** Uses a subject once more. */
  hold(subject: string): void {
    this.#subscriptions.hold(subject);
  }

  /** Uses a subject once less. */
  release(subject: string): void {
    this.#subscriptions.release(subject);
  }

  /** What to wait for until the messages of a subject come; `null` where there is nothing to wait for. */
  confirmed(subject: string): Promise<void> | null {
    const confirmed = this.#subscriptions.confirmed(subject);
    return confirmed === null || this.#isPaused ? null : this.#waits.wait(confirmed);
  }

  /**
   * What to wait for until the messages of all these subjects come; `null` where there is nothing to wait
   * for.
   */
  allConfirmed(subjects: readonly string[]): Promise<void> | null {
    const waits = subjects
      .map((subject) => this.#subscriptions.confirmed(subject))
      .filter((wait) => wait !== null);
    return waits.length === 0 || this.#isPaused ? null : this.#waits.wait(Promise.all(waits));
  }

  /** The bus confirms nothing for now. All waits end. */
  pause(): void {
    this.#isPaused = true;
    this.#waits.end();
  }

  /** The bus confirms subscriptions. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Ends all waits, and forgets all subjects. The owner of the bus closes that. */
  close(): void {
    this.#subscriptions.close();
    this.pause();
  }
}
