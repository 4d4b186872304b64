/** Events that go to everybody: one client asks for them, and when all clients have them all the next one asks. */

import type { Connection, MessageListener } from "./connection.ts";
import type { Latencies } from "./latencies.ts";

/** A closed loop of broadcasts. */
export class DeliveryLoop implements MessageListener {
  readonly #connections: readonly Connection[];
  readonly #frame: Uint8Array;
  readonly #deliveries: number;
  #rounds = 0;
  #missing = 0;
  #startedAt = 0;
  #next = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};

  /**
   * @param connections - who gets the events
   * @param frame - what asks for them
   * @param events - how many events each connection then gets
   */
  constructor(connections: readonly Connection[], frame: Uint8Array, events: number) {
    this.#connections = connections;
    this.#frame = frame;
    this.#deliveries = connections.length * events;
    for (const connection of connections) connection.listener = this;
  }

  /** How many messages come of asking once. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Asks so many times, one after the other. */
  run(rounds: number, latencies: Latencies | null = null): Promise<void> {
    this.#rounds = rounds;
    this.#latencies = latencies;
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#ask();
    });
  }

  onMessage(): void {
    if (this.#missing === 0) throw new Error("a message came that nobody asked for");
    this.#missing -= 1;
    this.#latencies?.add(performance.now() - this.#startedAt);
    if (this.#missing > 0) return;
    this.#rounds -= 1;
    if (this.#rounds === 0) this.#finish();
    else this.#ask();
  }

  #ask(): void {
    this.#missing = this.#deliveries;
    this.#startedAt = performance.now();
    this.#connections[this.#next]?.write(this.#frame);
    this.#next = (this.#next + 1) % this.#connections.length;
  }
}
