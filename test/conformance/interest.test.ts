/** How many messages a broker delivers for one event, counted at the broker. */

import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TestClient } from "../../src/testing/test-client.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { LogLines } from "../support/log-lines.ts";
import { soon } from "../support/waiting.ts";

/** Servers with a connection each to the broker, which have found each other. */
async function startServers(messageQueue: string, count: number): Promise<SocketIO[]> {
  const servers = Array.from(
    { length: count },
    () => new SocketIO({ messageQueue, logger: new LogLines(), relay: false }),
  );
  let met = 0;
  for (const socketio of servers) {
    onTestFinished(() => socketio.stop());
    socketio.trace(({ type }) => {
      if (type === "process joined") met += 1;
    });
    socketio.on("hello", () => "hello");
  }
  await soon(() => met).toBe(count * (count - 1));
  return servers;
}

/** One member of a room on each of these servers. */
async function join(servers: readonly SocketIO[], room: string): Promise<TestClient[]> {
  return Promise.all(
    servers.map(async (socketio) => {
      const client = socketio.testClient();
      await client.connect();
      await socketio.joinRoom(room, { sid: client.sid() });
      return client;
    }),
  );
}

const events = 200;

describe("with eight processes and a room's members in two of them, an event costs two deliveries", () => {
  it.skipIf(isSkipped("nats"))("from NATS", async () => {
    const broker = await Broker.nats();
    onTestFinished(() => broker.kill());
    const servers = await startServers(broker.url, 8);
    const clients = await join(servers.slice(0, 2), "room");
    const before = await broker.natsStatistics();
    const sender = servers[7] as SocketIO;
    for (let number = 0; number < events; number += 1) sender.emit("news", number, { to: "room" });
    await receive(clients);
    const after = await broker.natsStatistics();
    // Heartbeats of the servers come on top: fewer than one for each event.
    const delivered = after.out_msgs - before.out_msgs;
    expect(delivered).toBeGreaterThanOrEqual(2 * events);
    expect(delivered / events).toBeLessThan(2.9);
  });

  it.skipIf(isSkipped("redis"))("from Redis", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const servers = await startServers(broker.url, 8);
    const clients = await join(servers.slice(0, 2), "room");
    const sender = servers[7] as SocketIO;
    const before = await outputOf(broker);
    for (let number = 0; number < events; number += 1) sender.emit("news", "x".repeat(1000), { to: "room" });
    await receive(clients);
    const copies = ((await outputOf(broker)) - before) / (events * 1000);
    expect(copies).toBeGreaterThan(2);
    expect(copies).toBeLessThan(2.9);
  });
});

/** Waits until each client has received all events. */
async function receive(clients: readonly TestClient[]): Promise<void> {
  for (const client of clients) {
    let count = 0;
    await soon(() => {
      count += client.received().length;
      return count;
    }).toBe(events);
  }
}

/** How many bytes a Redis server has sent. */
async function outputOf(broker: Broker): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await broker.command("INFO", "stats"))?.[1]);
}
