/** Large binary messages in both directions. */

import type { Load } from "../load/load.ts";
import { RequestLoop } from "../load/request-loop.ts";
import type { Scenario, Size } from "./scenario.ts";

const bytes = Buffer.alloc(64 * 1024, 0xa5);

export const binary: Scenario = {
  name: "binary",
  description: "20 connections, each with one event of 64 KiB of binary in flight, sent back by its handler",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  sizes: {
    // A shorter run measures compilers at work.
    full: { connections: 20, messages: 6_000, warmUp: 1_000 },
    quick: { connections: 5, messages: 100, warmUp: 20 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const frames = load.dialect.binary(bytes);
    const loop = new RequestLoop(await load.connect(connections), {
      frames,
      answers: 1,
      binaryAnswers: true,
    });
    await load.settled(loop.run(warmUp));
    return load.measure(messages, (latencies) => loop.run(messages, latencies));
  },
};
