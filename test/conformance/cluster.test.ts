import { onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { clusterSuite } from "./cluster.suite.ts";

let number = 0;

clusterSuite("memory", { cannotFail: true }, () => {
  number += 1;
  return { messageQueue: `memory://${number}` };
});

clusterSuite("Redis", { skip: isSkipped("redis") }, async () => brokerSite(await Broker.redis()));

clusterSuite("NATS", { skip: isSkipped("nats") }, async () => brokerSite(await Broker.nats()));

function brokerSite(broker: Broker) {
  onTestFinished(() => broker.kill());
  return { messageQueue: broker.url, stop: () => broker.kill(), start: () => broker.start() };
}
