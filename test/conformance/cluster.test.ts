import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer } from "../support/server.ts";
import { record, StockClient } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";
import { clusterSuite } from "./cluster.suite.ts";

let number = 0;

clusterSuite("memory", { cannotFail: true }, () => {
  number += 1;
  return { messageQueue: `memory://${number}` };
});

clusterSuite("memory, signed", { cannotFail: true }, () => {
  number += 1;
  return { messageQueue: `memory://${number}`, queueSecret: "a secret that is known to the servers alone" };
});

clusterSuite("Redis", { skip: isSkipped("redis") }, async () => brokerSite(await Broker.redis()));

clusterSuite("NATS", { skip: isSkipped("nats") }, async () => brokerSite(await Broker.nats()));

function brokerSite(broker: Broker) {
  onTestFinished(() => broker.kill());
  return { messageQueue: broker.url, stop: () => broker.kill(), start: () => broker.start() };
}

describe.skipIf(isSkipped("nats"))("events that are larger than NATS takes", () => {
  it("reach the clients of their own process, are logged once and counted, and delay no other event", async () => {
    const { messageQueue } = brokerSite(await Broker.nats());
    const [one, other] = [await startServer({ messageQueue }), await startServer({ messageQueue })];
    const stock = new StockClient("4.8", "websocket");
    await soon(() => one.trace.some(({ type }) => type === "process joined")).toBe(true);
    const [near, far] = [record(await stock.connect(one.url)), record(await stock.connect(other.url))];
    for (let number = 1; number <= 3; number += 1) {
      one.socketio.emit("news", "x".repeat(1_100_000));
      one.socketio.emit("news", number);
      await soon(() => near.length).toBe(2 * number);
    }
    await soon(() => far.map(([, value]) => value)).toEqual([1, 2, 3]);
    await soon(() => one.socketio.stats().messagesRefused).toBe(3);
    expect(one.trace.filter(({ type }) => type === "message refused")).toHaveLength(3);
    expect(one.log.lines.filter((line) => !line.startsWith("info"))).toEqual([
      expect.stringMatching(/does not take a message to other processes.*messagesRefused/),
    ]);
  });
});
