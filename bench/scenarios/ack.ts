/** Like echo, but answered by acknowledgement. */

import type { Load } from "../load/load.ts";
import { RequestLoop } from "../load/request-loop.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const ack: Scenario = {
  name: "ack",
  description: "100 connections, each with one event in flight, answered by acknowledgement",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  socketIoOnly: true,
  sizes: {
    full: { connections: 100, messages: 20_000, warmUp: 30_000 },
    quick: { connections: 20, messages: 1_000, warmUp: 200 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const frames = load.dialect.event("ack", payload);
    const loop = new RequestLoop(await load.connect(connections), { frames, answers: 1 });
    await load.settled(loop.run(warmUp));
    return load.measure(messages, (latencies) => loop.run(messages, latencies));
  },
};
