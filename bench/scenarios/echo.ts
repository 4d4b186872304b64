/** One event up, one event down, one in flight for each connection. */

import type { Load } from "../load/load.ts";
import { RequestLoop } from "../load/request-loop.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const echo: Scenario = {
  name: "echo",
  description: "100 connections, each with one event of 100 bytes in flight, sent back by its handler",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  sizes: {
    full: { connections: 100, messages: 20_000, warmUp: 30_000 },
    quick: { connections: 20, messages: 1_000, warmUp: 200 },
  },
  async run(load: Load, { connections, messages, warmUp, window }: Size) {
    const frames = load.dialect.event("echo", payload);
    const loop = new RequestLoop(await load.connect(connections), { frames, answers: 1, window });
    await load.settled(loop.run(warmUp));
    return load.measure(messages, (latencies) => loop.run(messages, latencies));
  },
};
