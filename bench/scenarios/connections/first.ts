/** The clients that come right after a start, as when a server is restarted and all of its clients return. */

import type { Load } from "../../load/load.ts";
import type { Scenario, Size } from "../scenario.ts";

export const first: Scenario = {
  name: "first",
  description: "the first 1 000 clients of a server that has just started, 64 handshakes at once",
  unit: "connection",
  units: "connections",
  metric: "cpu",
  isCold: true,
  sizes: {
    full: { connections: 0, messages: 1_000, warmUp: 0 },
    quick: { connections: 0, messages: 100, warmUp: 0 },
  },
  run: (load: Load, { messages }: Size) =>
    load.measure(messages, async (latencies) => {
      await load.connect(messages, { onHandshake: (_, milliseconds) => latencies.add(milliseconds) });
    }),
};
