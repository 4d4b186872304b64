/** Benchmarks of reading a server's metrics, as each scrape does. */

import { joinRoom, SocketIO } from "../../src/index.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";

/** The benchmarks of scrapes. */
export async function scrapeBenchmarks(): Promise<MicroBenchmark[]> {
  const servers = [];
  for (const clients of [100, 10_000]) servers.push({ clients, socketio: await serverWith(clients) });
  return servers.map(({ clients, socketio }) => ({
    name: `read the metrics of ${clients} clients in 5 rooms each`,
    run: () => socketio.metrics({ local: true }),
  }));
}

/** A server with clients in its memory, and five of a thousand rooms for each. */
async function serverWith(clients: number): Promise<SocketIO> {
  const socketio = new SocketIO({
    logger: { info() {}, warn: console.error, error: console.error },
    metrics: true,
  });
  socketio.on("join", (first: number) => {
    for (let step = 0; step < 5; step += 1) joinRoom(`room ${(first + step) % 1000}`);
  });
  for (let index = 0; index < clients; index += 1) {
    const client = socketio.testClient();
    await client.connect();
    await client.call("join", index);
  }
  return socketio;
}
