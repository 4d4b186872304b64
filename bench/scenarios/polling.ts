/** Echo over long polling. */

import type { Latencies } from "../load/latencies.ts";
import type { Load } from "../load/load.ts";
import { PollingClient } from "../load/polling-client.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const polling: Scenario = {
  name: "polling",
  description: "100 clients over long polling, each with one event in flight: one POST and one GET each",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  socketIoOnly: true,
  sizes: {
    full: { connections: 100, messages: 12_000, warmUp: 24_000 },
    quick: { connections: 20, messages: 200, warmUp: 60 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const loop = new PollingLoop(load.port, connections);
    try {
      await load.settled(loop.open());
      await load.settled(loop.run(warmUp));
      return await load.measure(messages, (latencies) => loop.run(messages, latencies));
    } finally {
      loop.drop();
    }
  },
};

/** The closed loop of {@link polling}. */
class PollingLoop {
  readonly #clients: PollingClient[];
  readonly #posts = new Map<PollingClient, Buffer>();
  readonly #sentAt = new Map<PollingClient, number>();
  #fail: (error: Error) => void = () => {};
  #toStart = 0;
  #toFinish = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};

  constructor(port: number, count: number) {
    this.#clients = Array.from(
      { length: count },
      () =>
        new PollingClient(
          port,
          (client) => this.#onMessage(client),
          (error) => this.#fail(error),
        ),
    );
  }

  /** Opens all sessions. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      const opening = this.#clients.map(async (client) => {
        await client.open();
        this.#posts.set(client, client.prepare(`42${JSON.stringify(["echo", payload])}`));
      });
      Promise.all(opening).then(() => resolve(), reject);
    });
  }

  /** Sends this many events, and waits until all have come back. */
  run(messages: number, latencies: Latencies | null = null): Promise<void> {
    this.#toStart = messages;
    this.#toFinish = messages;
    this.#latencies = latencies;
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      for (const client of this.#clients) this.#send(client);
    });
  }

  /** Drops all sessions. */
  drop(): void {
    for (const client of this.#clients) client.drop();
  }

  #onMessage(client: PollingClient): void {
    this.#latencies?.add(performance.now() - (this.#sentAt.get(client) ?? 0));
    this.#toFinish -= 1;
    if (this.#toFinish === 0) this.#finish();
    else this.#send(client);
  }

  #send(client: PollingClient): void {
    const post = this.#posts.get(client);
    if (this.#toStart === 0 || post === undefined) return;
    this.#toStart -= 1;
    this.#sentAt.set(client, performance.now());
    client.send(post);
  }
}
