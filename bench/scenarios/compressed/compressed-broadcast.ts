/** One compressed event to all clients at a time. */

import { DeliveryLoop } from "../../load/delivery-loop.ts";
import type { Load } from "../../load/load.ts";
import type { Scenario, Size } from "../scenario.ts";
import { recordLists } from "./record-lists.ts";

export const compressedBroadcast: Scenario = {
  name: "compressed-broadcast",
  description: "300 connections; one event of 3 KB goes to all of them, compressed, then the next",
  unit: "delivery",
  units: "deliveries",
  metric: "cpu",
  socketIoOnly: true,
  compresses: true,
  sizes: {
    full: { connections: 300, messages: 30_000, warmUp: 15_000 },
    quick: { connections: 20, messages: 400, warmUp: 100 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const loop = new DeliveryLoop(
      await load.connect(connections, { compresses: true }),
      recordLists(28).map((list) => load.dialect.event("broadcast", list)),
      1,
    );
    const rounds = Math.ceil(messages / loop.deliveries);
    await load.settled(loop.run(Math.ceil(warmUp / loop.deliveries)));
    return load.measure(rounds * loop.deliveries, (latencies) => loop.run(rounds, latencies));
  },
};
