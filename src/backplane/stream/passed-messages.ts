/**
 * Messages without a number that wait for the events that their process sent before them. An event that it sent later says
 * that all before has been heard; where none comes, a fence says it.
 */

import type { PassedMessage } from "./stream-event.ts";

/** So many wait; the oldest goes on when one more comes. */
const maxWaiting = 1000;

/** See above. */
export class PassedMessages {
  readonly #handOn: (message: Uint8Array) => void;
  /** The latest event of each process that was heard. */
  readonly #latest = new Map<string, number>();
  #waiting: PassedMessage[] = [];

  /** @param handOn - takes each message when its turn has come */
  constructor(handOn: (message: Uint8Array) => void) {
    this.#handOn = handOn;
  }

  /** Takes a message whose turn has come, or has it wait. Returns whether it waits. */
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

  /** Has a message wait. */
  hold(passed: PassedMessage): void {
    this.#waiting.push(passed);
    if (this.#waiting.length > maxWaiting) this.#handOnAll(this.#waiting.splice(0, 1));
  }

  /** An event is about to be delivered: what its process passed before it goes first. */
  onEvent(origin: string, id: number): void {
    this.#latest.set(origin, id);
    this.#release((passed) => passed.origin === origin && passed.after < id);
  }

  /** An event was delivered: what was passed right behind it follows. */
  onDelivered(origin: string, id: number): void {
    this.#release((passed) => passed.origin === origin && passed.after <= id);
  }

  /** All events before a message have been heard, and so have those before the messages that came ahead of it. */
  onHeard(passed: PassedMessage): void {
    const index = this.#waiting.indexOf(passed);
    if (index >= 0) this.#handOnAll(this.#waiting.splice(0, index + 1));
  }

  /** Takes out all that wait. */
  takeAll(): readonly PassedMessage[] {
    return this.#waiting.splice(0);
  }

  /** Nothing is waited for any more. */
  giveUp(): void {
    this.#handOnAll(this.takeAll());
  }

  /** Forgets which events were heard of processes that may be gone. */
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
