/** One handler that sends many events to all clients. */

import { DeliveryLoop } from "../load/delivery-loop.ts";
import type { Load } from "../load/load.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

const events = 20;

export const burst: Scenario = {
  name: "burst",
  description: "500 connections; one handler sends 20 events to all of them, then the next does",
  unit: "delivery",
  units: "deliveries",
  metric: "cpu",
  sizes: {
    full: { connections: 500, messages: 200_000, warmUp: 200_000 },
    quick: { connections: 50, messages: 2_000, warmUp: 1_000 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const loop = new DeliveryLoop(
      await load.connect(connections),
      load.dialect.event("burst", events, payload),
      events,
    );
    const rounds = Math.ceil(messages / loop.deliveries);
    await load.settled(loop.run(Math.ceil(warmUp / loop.deliveries)));
    return load.measure(rounds * loop.deliveries, (latencies) => loop.run(rounds, latencies));
  },
};
