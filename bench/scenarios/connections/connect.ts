/** Handshakes. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "../../load/load.ts";
import type { Scenario, Size } from "../scenario.ts";

export const connect: Scenario = {
  name: "connect",
  description: "clients connecting over WebSocket, 64 at once, until they are in the namespace",
  unit: "connection",
  units: "connections",
  metric: "cpu",
  sizes: {
    // The first thousands cost more in every server on Node, because their code is not compiled yet. After a
    // short warm-up the result would depend on whether a garbage collection falls into the measurement.
    full: { connections: 0, messages: 6_000, warmUp: 5_000 },
    quick: { connections: 0, messages: 100, warmUp: 50 },
  },
  async run(load: Load, { messages, warmUp }: Size) {
    for (const connection of await load.connect(warmUp)) connection.drop();
    // The ends of the warm-up connections must not count among the beginnings of the others.
    await sleep(300);
    return load.measure(messages, async (latencies) => {
      await load.connect(messages, { onHandshake: (_, milliseconds) => latencies.add(milliseconds) });
    });
  },
};
