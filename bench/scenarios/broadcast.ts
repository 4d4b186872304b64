/** One event to all clients at a time. */

import { DeliveryLoop } from "../load/delivery-loop.ts";
import type { Load } from "../load/load.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const broadcast: Scenario = {
  name: "broadcast",
  description: "1 000 connections; one event goes to all of them, then the next",
  unit: "delivery",
  units: "deliveries",
  metric: "cpu",
  sizes: {
    full: { connections: 1_000, messages: 150_000, warmUp: 20_000 },
    quick: { connections: 50, messages: 1_000, warmUp: 200 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const loop = new DeliveryLoop(
      await load.connect(connections),
      load.dialect.event("broadcast", payload),
      1,
    );
    const rounds = Math.ceil(messages / loop.deliveries);
    await load.settled(loop.run(Math.ceil(warmUp / loop.deliveries)));
    return load.measure(rounds * loop.deliveries, (latencies) => loop.run(rounds, latencies));
  },
};
