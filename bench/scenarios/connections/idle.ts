/** The memory of connections that do nothing. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "../../load/load.ts";
import type { Scenario, Size } from "../scenario.ts";

export const idle: Scenario = {
  name: "idle",
  description: "memory of each of 10 000 connections that do nothing, after the garbage is collected",
  unit: "connection",
  units: "connections",
  metric: "memory",
  sizes: {
    full: { connections: 10_000, messages: 0, warmUp: 500 },
    quick: { connections: 200, messages: 0, warmUp: 50 },
  },
  async run(load: Load, { connections, warmUp }: Size) {
    // The first connections make a server load and compile code, which is no memory of the counted ones.
    for (const connection of await load.connect(warmUp)) connection.drop();
    await sleep(300);
    const before = await load.memory();
    const outcome = await load.measure(connections, async (latencies) => {
      await load.connect(connections, { onHandshake: (_, milliseconds) => latencies.add(milliseconds) });
    });
    await sleep(200);
    const after = await load.memory();
    const heap =
      before.heap === null || after.heap === null ? null : (after.heap - before.heap) / connections;
    return { ...outcome, memory: { rss: (after.rss - before.rss) / connections, heap } };
  },
};
