/**
 * The bus of a program that only emits. Its messages are often all it does, so they wait for a broker that is
 * away, for {@link patience}, and keep the process alive. In a process that serves clients, messages pass
 * through.
 */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Bus, BusListener } from "./bus.ts";
import type { BusLoad } from "./queue-health.ts";
import { WaitingMessages } from "./waiting-messages.ts";

/** How long a message waits for the broker, in ms. */
export const patience = 10_000;

/** Learns of messages that are given up. */
export interface EmitterBusOwner {
  /**
   * Messages of a program without clients did not reach the broker, or not for certain. Called once until the
   * broker is back.
   *
   * @param count - the number of messages
   */
  onLost(count: number, error: unknown): void;
  /** Messages that the bus had taken will not be sent, with or without clients. */
  onDropped(count: number): void;
  /** A connection ended before messages were confirmed. */
  onUnconfirmed(count: number): void;
}

/** See the head of this file. */
export class EmitterBus implements Bus, BusListener {
  readonly name: string;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #owner: EmitterBusOwner;
  #listener: BusListener | null = null;
  #isServing = false;
  #isUp = false;
  #isClosed = false;
  #closing: Promise<void> | null = null;
  /** Why no message can be sent any more; `null` as long as the broker may come. */
  #refusal: unknown = null;
  /** Why the broker was last down. */
  #error: unknown = null;
  readonly #waiting: WaitingMessages;
  #lost = 0;
  #hasTold = false;
  /** Ends each wait for the broker. */
  readonly #hopes = new Set<(isLost: boolean) => void>();

  /**
   * @param bus - the way to the broker
   * @param clock - where time comes from
   * @param owner - learns of messages that are given up
   */
  constructor(bus: Bus, clock: Clock, owner: EmitterBusOwner) {
    this.name = bus.name;
    this.#bus = bus;
    this.#clock = clock;
    this.#owner = owner;
    this.#waiting = new WaitingMessages(patience, clock, (count) => this.#drop(count, this.#error));
  }

  /** The process serves clients from now on: no message waits for a broker that is away. */
  serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    for (const { subject, message } of this.#waiting.takeAll()) {
      if (!this.#bus.publish(subject, message)) this.#owner.onDropped(1);
    }
    this.#endHopes(false);
  }

  get load(): BusLoad {
    const { waiting = 0, latency = null } = this.#bus.load ?? {};
    return { waiting: waiting + this.#waiting.count + this.#hopes.size, latency };
  }

  async open(listener: BusListener): Promise<void> {
    this.#listener = listener;
    try {
      await this.#bus.open(this);
    } catch (error) {
      this.#refusal = error;
      this.#drop(this.#waiting.takeAll().length, error);
      this.#endHopes(true);
      throw error;
    }
  }

  publish(subject: string, message: Uint8Array): boolean {
    if (this.#isServing) return this.#bus.publish(subject, message);
    if (this.#isUp) return this.#send(subject, message);
    if (this.#isClosed) return false;
    if (this.#refusal === null && this.#waiting.add(subject, message)) return true;
    this.lose(1, this.#refusal ?? this.#error);
    return false;
  }

  subscribe(subject: string): Promise<void> {
    return this.#bus.subscribe(subject);
  }

  unsubscribe(subject: string): void {
    this.#bus.unsubscribe(subject);
  }

  countSubscribers(subject: string): Promise<number | null> {
    return this.#bus.countSubscribers?.(subject) ?? Promise.resolve(null);
  }

  whenUp(): Promise<void> | null {
    if (this.#isUp || this.#isServing || this.#isClosed) return null;
    if (this.#refusal !== null) {
      this.lose(1, this.#refusal);
      return null;
    }
    return new Promise((resolve) => {
      const end = (isLost: boolean) => {
        timer.cancel();
        this.#hopes.delete(end);
        if (isLost) this.lose(1, this.#refusal ?? this.#error);
        resolve();
      };
      const timer = this.#clock.after(patience, () => end(true), true);
      this.#hopes.add(end);
    });
  }

  /**
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` where messages of a program without clients did not
   *   reach the broker
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#waiting.isEmpty) await this.#waiting.emptied();
    await this.#bus.close();
    this.#isClosed = true;
    if (this.#lost > 0) throw this.#problem();
  }

  onMessage(subject: string, message: Uint8Array): void {
    this.#listener?.onMessage(subject, message);
  }

  onUp(): void {
    this.#isUp = true;
    for (const { subject, message } of this.#waiting.takeAll()) {
      if (!this.#send(subject, message)) this.#owner.onDropped(1);
    }
    this.#hasTold = false;
    this.#listener?.onUp();
    this.#endHopes(false);
  }

  onDown(error: unknown): void {
    this.#isUp = false;
    this.#error = error;
    this.#listener?.onDown(error);
  }

  onRefused(error: unknown): void {
    // It has a line in the log already.
    if (!this.#isServing) this.#count(1, error);
    this.#listener?.onRefused(error);
  }

  onUnconfirmed(count: number, error: unknown): void {
    this.#owner.onUnconfirmed(count);
    if (!this.#isServing) this.lose(count, error);
  }

  onDropped(count: number): void {
    this.#owner.onDropped(count);
  }

  /** Something did not reach the broker, here or on another way. The end rejects for it. */
  lose(count: number, error: unknown): void {
    if (count === 0) return;
    this.#count(count, error);
    if (!this.#hasTold) this.#owner.onLost(count, error);
    this.#hasTold = true;
  }

  #send(subject: string, message: Uint8Array): boolean {
    const sent = this.#bus.publish(subject, message);
    if (!sent) this.lose(1, new Error(`${this.name} does not keep up.`));
    return sent;
  }

  /** Gives up messages that were taken. */
  #drop(count: number, error: unknown): void {
    if (count > 0) this.#owner.onDropped(count);
    this.lose(count, error);
  }

  #count(count: number, error: unknown): void {
    this.#lost += count;
    this.#error = error;
  }

  #endHopes(isLost: boolean): void {
    for (const end of [...this.#hopes]) end(isLost);
  }

  #problem(): RoomcastError {
    const cause = this.#refusal ?? this.#error;
    const why = cause instanceof Error ? cause.message : "it did not answer in time";
    const what = this.#lost === 1 ? "1 message" : `${this.#lost} messages`;
    return new RoomcastError(
      "ERR_MESSAGE_QUEUE",
      `${what} did not reach the message queue, or not for certain: ${why}`,
      { cause },
    );
  }
}
