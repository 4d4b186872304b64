/** Ten events in one write, ten events back. */

import type { Load } from "../load/load.ts";
import { RequestLoop } from "../load/request-loop.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

const eventsAtOnce = 10;

export const pipe: Scenario = {
  name: "pipe",
  description: "100 connections, each writing 10 events at once and waiting for all 10 to come back",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  sizes: {
    full: { connections: 100, messages: 40_000, warmUp: 20_000 },
    quick: { connections: 20, messages: 2_000, warmUp: 400 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const frame = load.dialect.event("echo", payload);
    const frames = Buffer.concat(Array.from({ length: eventsAtOnce }, () => frame));
    const loop = new RequestLoop(await load.connect(connections), { frames, answers: eventsAtOnce });
    const requests = Math.ceil(messages / eventsAtOnce);
    await load.settled(loop.run(Math.ceil(warmUp / eventsAtOnce)));
    return load.measure(requests * eventsAtOnce, (latencies) => loop.run(requests, latencies));
  },
};
