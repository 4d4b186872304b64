/**
 * A bus for processes that share a secret: it signs each message, and drops those without a valid signature.
 */

import type { Bus, BusListener } from "../bus/bus.ts";
import type { BusLoad } from "../bus/queue-health.ts";
import type { MessageProblemListener } from "./message-problem.ts";
import type { QueueSecret } from "./queue-secret.ts";
import { Repetitions, SignedMessages } from "./signed-messages.ts";

/** See the head of this file. */
export class SignedBus implements Bus {
  readonly name: string;
  readonly #bus: Bus;
  readonly #signed: SignedMessages;
  readonly #repetitions: Repetitions;
  readonly #problems: MessageProblemListener;

  /**
   * @param bus - carries the messages
   * @param secret - what the processes share
   * @param problems - learns of messages that are not taken
   * @param now - the time in ms since 1970
   */
  constructor(bus: Bus, secret: QueueSecret, problems: MessageProblemListener, now: () => number = Date.now) {
    this.name = bus.name;
    this.#bus = bus;
    this.#signed = new SignedMessages(secret, now);
    this.#repetitions = new Repetitions(now);
    this.#problems = problems;
  }

  get load(): BusLoad | undefined {
    return this.#bus.load;
  }

  open(listener: BusListener): Promise<void> {
    return this.#bus.open({
      onMessage: (subject, bytes) => this.#take(subject, bytes, listener),
      onUp: () => listener.onUp(),
      onDown: (error) => listener.onDown(error),
      onRefused: (error) => listener.onRefused(error),
      onUnconfirmed: (count, error) => listener.onUnconfirmed?.(count, error),
      onDropped: (count) => listener.onDropped?.(count),
    });
  }

  publish(subject: string, message: Uint8Array): boolean {
    return this.#bus.publish(subject, this.#signed.signNow(subject, message));
  }

  subscribe(subject: string): Promise<void> {
    return this.#bus.subscribe(subject);
  }

  unsubscribe(subject: string): void {
    this.#bus.unsubscribe(subject);
  }

  whenUp(): Promise<void> | null {
    return this.#bus.whenUp?.() ?? null;
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  #take(subject: string, bytes: Uint8Array, listener: BusListener): void {
    // Some brokers return a message to its sender, where it is dropped without a check.
    if (this.#signed.isOwn(bytes)) return;
    const opened = this.#signed.open(subject, bytes);
    const problem = "problem" in opened ? opened : this.#repetitions.problemOf(subject, opened);
    if (problem !== null) this.#problems.onIgnored(problem.problem, problem.details);
    else if ("message" in opened) listener.onMessage(subject, opened.message);
  }
}
