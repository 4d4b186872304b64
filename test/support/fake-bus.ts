/** A bus whose other processes a test plays: it reads each message that leaves, and brings others. */

import type { Bus, BusListener } from "../../src/backplane/bus/bus.ts";
import { deferred } from "./waiting.ts";

/** A message on a subject. */
export interface SentMessage {
  readonly subject: string;
  readonly message: Uint8Array;
}

/** A bus without a broker. */
export class FakeBus implements Bus {
  readonly name = "The fake bus";
  /** What was sent, in order. */
  readonly sent: SentMessage[] = [];
  readonly subjects = new Set<string>();
  /** Whether it takes messages. */
  takes = true;
  /** The error of an opening that no attempt can follow; `null` where the bus opens. */
  refusal: Error | null = null;
  /** Whether subscriptions wait for {@link FakeBus.confirm}. */
  holdsConfirmations = false;
  /** What a message waits for that only makes sense while the bus is up. */
  upWait: Promise<void> | null = null;
  closings = 0;
  #listener: BusListener | null = null;
  readonly #unconfirmed = new Map<string, () => void>();

  /** Gets what happens on the bus. */
  get listener(): BusListener {
    if (this.#listener === null) throw new Error("The bus is not open.");
    return this.#listener;
  }

  open(listener: BusListener): Promise<void> {
    this.#listener = listener;
    if (this.refusal !== null) return Promise.reject(this.refusal);
    listener.onUp();
    return Promise.resolve();
  }

  publish(subject: string, message: Uint8Array): boolean {
    if (this.takes) this.sent.push({ subject, message });
    return this.takes;
  }

  subscribe(subject: string): Promise<void> {
    this.subjects.add(subject);
    if (!this.holdsConfirmations) return Promise.resolve();
    const { promise, resolve } = deferred();
    this.#unconfirmed.set(subject, resolve);
    return promise;
  }

  unsubscribe(subject: string): void {
    this.subjects.delete(subject);
  }

  whenUp(): Promise<void> | null {
    return this.upWait;
  }

  close(): Promise<void> {
    this.closings += 1;
    return Promise.resolve();
  }

  /** Confirms a subscription. */
  confirm(subject: string): void {
    this.#unconfirmed.get(subject)?.();
  }
}
