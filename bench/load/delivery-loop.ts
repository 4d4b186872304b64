/**
 * Broadcasts in a closed loop: one client requests them; when all clients have them all, the next one does.
 */

import type { Connection, MessageListener } from "./connection.ts";
import type { Latencies } from "./latencies.ts";

/** A closed loop of broadcasts. */
export class DeliveryLoop implements MessageListener {
  readonly #connections: readonly Connection[];
  readonly #frames: readonly Uint8Array[];
  readonly #deliveries: number;
  #rounds = 0;
  #missing = 0;
  #startedAt = 0;
  #next = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};

  /**
   * @param connections - the receivers of the events
   * @param frame - the request, or several that take turns
   * @param events - how many events each connection gets for a request
   */
  constructor(connections: readonly Connection[], frame: Uint8Array | readonly Uint8Array[], events: number) {
    this.#connections = connections;
    this.#frames = frame instanceof Uint8Array ? [frame] : frame;
    this.#deliveries = connections.length * events;
    for (const connection of connections) connection.listener = this;
  }

  /** How many messages one request causes. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Sends this many requests, one after the other. */
  run(rounds: number, latencies: Latencies | null = null): Promise<void> {
    this.#rounds = rounds;
    this.#latencies = latencies;
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#ask();
    });
  }

  onMessage(): void {
    if (this.#missing === 0) throw new Error("an unexpected message came");
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
    const frame = this.#frames[this.#rounds % this.#frames.length];
    if (frame !== undefined) this.#connections[this.#next]?.write(frame);
    this.#next = (this.#next + 1) % this.#connections.length;
  }
}
