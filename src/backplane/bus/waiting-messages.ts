/** Messages that wait for a broker that is away. Each keeps the process alive until its time is over. */

import type { Clock, Timer } from "../../base/time/clock.ts";

/** The most bytes that may wait. */
const maxBytes = 16 * 1024 * 1024;
/** The bytes that each message costs besides its own. */
const messageOverhead = 256;

/** A message that waits. */
export interface WaitingMessage {
  readonly subject: string;
  readonly message: Uint8Array;
  /** When it is given up, by the clock. */
  readonly end: number;
}

/** Holds messages in their order, for a time that is the same for all. */
export class WaitingMessages {
  readonly #patience: number;
  readonly #clock: Clock;
  readonly #onExpired: (count: number) => void;
  #messages: WaitingMessage[] = [];
  #bytes = 0;
  /** Runs until the time of the oldest message is over. */
  #timer: Timer | null = null;
  #onEmpty: (() => void) | null = null;

  /**
   * @param patience - how long each message waits, in ms
   * @param clock - the source of time
   * @param onExpired - receives the number of messages whose time is over
   */
  constructor(patience: number, clock: Clock, onExpired: (count: number) => void) {
    this.#patience = patience;
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  get count(): number {
    return this.#messages.length;
  }

  /** Adds a message; `false` when too many bytes wait already. */
  add(subject: string, message: Uint8Array): boolean {
    const size = sizeOf(message);
    if (this.#bytes + size > maxBytes) return false;
    this.#messages.push({ subject, message, end: this.#clock.now() + this.#patience });
    this.#bytes += size;
    this.#watch();
    return true;
  }

  /** Removes and returns all messages, in order. */
  takeAll(): readonly WaitingMessage[] {
    const messages = this.#replace([]);
    this.#onEmpty?.();
    return messages;
  }

  /** Resolves when the messages that wait were taken, or their time is over. */
  emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #watch(): void {
    const [oldest] = this.#messages;
    if (this.#timer !== null || oldest === undefined) return;
    const left = Math.max(0, oldest.end - this.#clock.now());
    this.#timer = this.#clock.after(left, () => this.#expire(), true);
  }

  #expire(): void {
    const now = this.#clock.now();
    const rest = this.#messages.filter(({ end }) => end > now);
    const count = this.#replace(rest).length - rest.length;
    this.#onExpired(count);
    this.#watch();
    if (this.isEmpty) this.#onEmpty?.();
  }

  /** Holds other messages instead, and returns the earlier ones. */
  #replace(messages: WaitingMessage[]): readonly WaitingMessage[] {
    const earlier = this.#messages;
    this.#messages = messages;
    this.#bytes = messages.reduce((sum, { message }) => sum + sizeOf(message), 0);
    this.#timer?.cancel();
    this.#timer = null;
    return earlier;
  }
}

function sizeOf(message: Uint8Array): number {
  return message.length + messageOverhead;
}
