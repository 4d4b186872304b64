/**
 * Requests in an open loop: each is sent at an instant that is known beforehand, whether or not the earlier
 * ones are answered. Latency counts from that instant, so a server that stops for a while is charged with all
 * requests that fell due in that time, and not with one for each connection.
 */

import type { Connection, MessageListener } from "./connection.ts";
import type { Latencies } from "./latencies.ts";
import { Random } from "./random.ts";

/** An open loop over connections, which take turns. */
export class OpenLoop implements MessageListener {
  readonly #connections: readonly Connection[];
  readonly #frame: Uint8Array;
  /** The mean time between two requests, in ms. */
  readonly #meanGap: number;
  readonly #random = new Random();
  /** When each request of the run falls due. */
  #dueAt = new Float64Array();
  #sent = 0;
  /** How many answers each connection has got. */
  readonly #answered: Int32Array;
  #missing = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  /**
   * @param connections - their answers come in the order of the requests
   * @param frame - the request; one message answers it
   * @param rate - requests per second
   */
  constructor(connections: readonly Connection[], frame: Uint8Array, rate: number) {
    this.#connections = connections;
    this.#frame = frame;
    this.#meanGap = 1000 / rate;
    this.#answered = new Int32Array(connections.length);
    for (const [position, connection] of connections.entries()) {
      connection.position = position;
      connection.listener = this;
    }
  }

  /** Sends this many requests, and waits for all their answers. */
  run(requests: number, latencies: Latencies | null = null): Promise<void> {
    this.#dueAt = new Float64Array(requests);
    let due = performance.now();
    for (let request = 0; request < requests; request += 1) {
      // Independent users: the gaps of a Poisson process.
      due -= Math.log(1 - this.#random.share()) * this.#meanGap;
      this.#dueAt[request] = due;
    }
    this.#sent = 0;
    this.#answered.fill(0);
    this.#missing = requests;
    this.#latencies = latencies;
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      this.#turn();
    });
  }

  onMessage({ position }: Connection): void {
    const answered = this.#answered[position] ?? 0;
    const request = answered * this.#connections.length + position;
    if (request >= this.#sent) {
      // Nothing more is sent.
      this.#dueAt = new Float64Array();
      this.#fail(new Error("an unexpected answer came"));
      return;
    }
    this.#answered[position] = answered + 1;
    this.#latencies?.add(performance.now() - (this.#dueAt[request] ?? 0));
    this.#missing -= 1;
    if (this.#missing === 0) this.#finish();
  }

  /** Sends all due requests. A timer would be late by up to a millisecond, so the process never rests. */
  #turn = (): void => {
    const now = performance.now();
    const { length } = this.#dueAt;
    while (this.#sent < length && (this.#dueAt[this.#sent] ?? 0) <= now) {
      const connection = this.#connections[this.#sent % this.#connections.length];
      this.#sent += 1;
      connection?.write(this.#frame);
    }
    if (this.#sent < length) setImmediate(this.#turn);
  };
}
