/**
 * Messages without an offset that wait for the events that their node sent before them. A later event of
 * that node shows that all earlier ones were received; when none comes, a barrier shows it.
 */

import type { PassedMessage } from "./stream-event.ts";

/** The most messages that wait. One more delivers the oldest. */
const maxWaiting = 1000;

/** Orders passed messages among the events of their nodes. */
export class PassedMessages {
  readonly #handOn: (message: Uint8Array) => void;
  /** The latest event of each node that was received. */
  readonly #latest = new Map<string, number>();
  #waiting: PassedMessage[] = [];

  /** @param handOn - receives each message when all events before it were delivered */
  constructor(handOn: (message: Uint8Array) => void) {
    this.#handOn = handOn;
  }

  /** Delivers a message that is due, or holds it. Returns whether it waits. */
  add(passed: PassedMessage): boolean {
    const { origin, after, message } = passed;
    const isDue = after <= (this.#latest.get(origin) ?? 0);
    if (isDue && !this.#waiting.some((other) => other.origin === origin)) {
      this.#handOn(message);
      return false;
    }
    this.hold(passed);
    return true;
  }

  /** Holds a message. */
  hold(passed: PassedMessage): void {
    this.#waiting.push(passed);
    if (this.#waiting.length > maxWaiting) this.#handOnAll(this.#waiting.splice(0, 1));
  }

  /** Call before an event is delivered: delivers what its node passed ahead of it. */
  onEvent(origin: string, id: number): void {
    this.#latest.set(origin, id);
    this.#release((passed) => passed.origin === origin && passed.after < id);
  }

  /** Call after an event was delivered: delivers what its node passed right behind it. */
  onDelivered(origin: string, id: number): void {
    this.#release((passed) => passed.origin === origin && passed.after <= id);
  }

  /** All events before a message were received, so it is due, and so are the messages ahead of it. */
  onHeard(passed: PassedMessage): void {
    const index = this.#waiting.indexOf(passed);
    if (index >= 0) this.#handOnAll(this.#waiting.splice(0, index + 1));
  }

  /** Removes and returns all messages that wait. */
  takeAll(): readonly PassedMessage[] {
    return this.#waiting.splice(0);
  }

  /** Delivers all messages that wait. */
  giveUp(): void {
    this.#handOnAll(this.takeAll());
  }

  /** Forgets the latest events, since nodes that are gone would fill the memory. */
  forget(): void {
    this.#latest.clear();
  }

  #release(isDue: (passed: PassedMessage) => boolean): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter(isDue);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((passed) => !due.includes(passed));
    this.#handOnAll(due);
  }

  #handOnAll(list: readonly PassedMessage[]): void {
    for (const { message } of list) this.#handOn(message);
  }
}
