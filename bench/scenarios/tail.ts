/** Latency at a rate that is the same for all servers. */

import type { Load } from "../load/load.ts";
import { OpenLoop } from "../load/open-loop.ts";
import { echo } from "./echo.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const tail: Scenario = {
  name: "tail",
  description:
    "100 connections, with events at random instants at one rate for all servers, half of what socket.io on ws serves at most; each is sent back by its handler",
  unit: "round trip",
  units: "round trips",
  metric: "latency",
  paced: { by: echo, share: 0.5 },
  sizes: {
    full: { connections: 100, messages: 80_000, warmUp: 20_000, rate: 10_000 },
    quick: { connections: 20, messages: 1_000, warmUp: 200, rate: 2_000 },
  },
  async run(load: Load, { connections, messages, warmUp, rate = 1_000 }: Size) {
    const frame = load.dialect.event("echo", payload);
    const loop = new OpenLoop(await load.connect(connections), frame, rate);
    await load.settled(loop.run(warmUp));
    return { ...(await load.measure(messages, (latencies) => loop.run(messages, latencies))), offered: rate };
  },
};
