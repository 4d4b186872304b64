/** A bus between servers in one process: for tests, and as the model of every other bus. */

import type { Bus, BusListener } from "./bus.ts";

/** Connects the buses of one process. It can fail on demand, as a broker of the network does. */
export class MemoryBroker {
  readonly #buses = new Set<MemoryBus>();
  #isUp = true;
  #delivered = 0;

  /** The number of messages that subscribers got. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Whether messages are carried. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** A new bus to all other buses of this broker. */
  bus(): MemoryBus {
    return new MemoryBus(this);
  }

  /** Carries nothing until {@link start}; messages under way are lost. */
  stop(): void {
    this.#isUp = false;
    for (const bus of this.#buses) bus.listener?.onDown(new Error("The memory broker was stopped."));
  }

  /** Carries messages again. */
  start(): void {
    this.#isUp = true;
    for (const bus of this.#buses) bus.resume();
  }

  /** @internal */
  add(bus: MemoryBus): void {
    this.#buses.add(bus);
  }

  /** @internal */
  remove(bus: MemoryBus): void {
    this.#buses.delete(bus);
  }

  /** @internal */
  deliver(sender: MemoryBus, subject: string, message: Uint8Array): void {
    for (const bus of this.#buses) {
      if (bus === sender || !bus.hears(subject)) continue;
      this.#delivered += 1;
      // Later, because a sender must not run the receiver's code.
      queueMicrotask(() => {
        if (this.#isUp && bus.hears(subject)) bus.listener?.onMessage(subject, message);
      });
    }
  }
}

/** One process's end of a {@link MemoryBroker}. */
export class MemoryBus implements Bus {
  readonly name = "memory";
  listener: BusListener | null = null;
  readonly #broker: MemoryBroker;
  readonly #subjects = new Map<string, () => void>();
  readonly #waiting = new Map<string, Promise<void>>();

  /** @param broker - where it meets the others */
  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  open(listener: BusListener): Promise<void> {
    this.listener = listener;
    this.#broker.add(this);
    if (this.#broker.isUp) this.resume();
    else listener.onDown(new Error("The memory broker is stopped."));
    return Promise.resolve();
  }

  publish(subject: string, message: Uint8Array): boolean {
    if (this.listener === null || !this.#broker.isUp) return false;
    this.#broker.deliver(this, subject, message);
    return true;
  }

  subscribe(subject: string): Promise<void> {
    const known = this.#waiting.get(subject);
    if (known !== undefined) return known;
    const confirmed = new Promise<void>((resolve) => this.#subjects.set(subject, resolve));
    this.#waiting.set(subject, confirmed);
    if (this.listener !== null && this.#broker.isUp) this.#subjects.get(subject)?.();
    return confirmed;
  }

  unsubscribe(subject: string): void {
    this.#subjects.get(subject)?.();
    this.#subjects.delete(subject);
    this.#waiting.delete(subject);
  }

  close(): Promise<void> {
    this.#broker.remove(this);
    this.listener = null;
    for (const subject of [...this.#subjects.keys()]) this.unsubscribe(subject);
    return Promise.resolve();
  }

  /** @internal */
  hears(subject: string): boolean {
    return this.#subjects.has(subject);
  }

  /** @internal */
  resume(): void {
    for (const confirm of this.#subjects.values()) confirm();
    this.listener?.onUp();
  }
}
