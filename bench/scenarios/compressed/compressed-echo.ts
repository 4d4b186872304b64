/** Like echo, with longer events that are compressed in both directions. */

import type { Load } from "../../load/load.ts";
import { RequestLoop } from "../../load/request-loop.ts";
import type { Scenario, Size } from "../scenario.ts";
import { recordLists } from "./record-lists.ts";

export const compressedEcho: Scenario = {
  name: "compressed-echo",
  description:
    "100 connections, each with one event of 1.1 KB in flight, compressed, sent back by its handler",
  unit: "round trip",
  units: "round trips",
  metric: "cpu",
  socketIoOnly: true,
  compresses: true,
  sizes: {
    full: { connections: 100, messages: 10_000, warmUp: 5_000 },
    quick: { connections: 20, messages: 400, warmUp: 100 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const clients = await load.connect(connections, { compresses: true });
    const { dialect } = load;
    const isCompressed = clients.every((client) => client.isCompressed);
    const frames = recordLists(10).map((list) =>
      isCompressed ? dialect.compressed("echo", list) : dialect.event("echo", list),
    );
    const loop = new RequestLoop(clients, { frames, answers: 1 });
    await load.settled(loop.run(warmUp));
    return load.measure(messages, (latencies) => loop.run(messages, latencies));
  },
};
