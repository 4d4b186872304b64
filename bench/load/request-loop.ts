/** Requests in a closed loop: the connection that gets the last answer to a request sends the next one. */

import type { Connection, MessageListener } from "./connection.ts";
import type { Latencies } from "./latencies.ts";

/** A request, and its answers. */
export interface Request {
  /** The frames of one request, written at once, or those of several that take turns. */
  readonly frames: Uint8Array | readonly Uint8Array[];
  /** How many messages answer it. */
  readonly answers: number;
  /** Whether only binary messages count. Default `false`. */
  readonly binaryAnswers?: boolean;
  /** How many requests are pending at once; default one for each connection. */
  readonly window?: number | undefined;
}

/** A closed loop over connections. */
export class RequestLoop implements MessageListener {
  readonly #connections: readonly Connection[];
  readonly #request: Request;
  readonly #frames: readonly Uint8Array[];
  readonly #window: number;
  readonly #sentAt: Float64Array;
  readonly #missing: Int32Array;
  #next = 0;
  #toStart = 0;
  #toFinish = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};

  constructor(connections: readonly Connection[], request: Request) {
    this.#connections = connections;
    this.#request = request;
    this.#frames = request.frames instanceof Uint8Array ? [request.frames] : request.frames;
    this.#window = Math.min(request.window ?? connections.length, connections.length);
    this.#sentAt = new Float64Array(connections.length);
    this.#missing = new Int32Array(connections.length);
    for (const [position, connection] of connections.entries()) {
      connection.position = position;
      connection.listener = this;
    }
  }

  /** Sends this many requests and waits for all their answers. */
  run(requests: number, latencies: Latencies | null = null): Promise<void> {
    this.#toStart = requests;
    this.#toFinish = requests;
    this.#latencies = latencies;
    return new Promise((resolve) => {
      this.#finish = resolve;
      for (let index = 0; index < this.#window; index += 1) this.#sendNext();
    });
  }

  onMessage(connection: Connection, isBinary: boolean): void {
    if (this.#request.binaryAnswers === true && !isBinary) return;
    const { position } = connection;
    const missing = this.#missing[position] ?? 0;
    if (missing === 0) throw new Error("an unexpected answer came");
    this.#missing[position] = missing - 1;
    if ((missing - 1) % this.#request.answers !== 0) return;
    this.#latencies?.add(performance.now() - (this.#sentAt[position] ?? 0));
    this.#toFinish -= 1;
    if (this.#toFinish === 0) this.#finish();
    else if (this.#window === this.#connections.length) this.#send(position);
    else this.#sendNext();
  }

  #sendNext(): void {
    this.#send(this.#next);
    this.#next = (this.#next + 1) % this.#connections.length;
  }

  #send(position: number): void {
    if (this.#toStart === 0) return;
    this.#toStart -= 1;
    this.#missing[position] = (this.#missing[position] ?? 0) + this.#request.answers;
    this.#sentAt[position] = performance.now();
    const frames = this.#frames[this.#toStart % this.#frames.length];
    if (frames !== undefined) this.#connections[position]?.write(frames);
  }
}
