import { afterAll } from "vitest";
import { Broker, isSkipped, RedisCluster } from "../support/brokers.ts";
import { orderSuite } from "./order.suite.ts";

let number = 0;

orderSuite("memory", false, () => ({ messageQueue: "memory://order", channel: nextChannel() }));

const redis = shared(() => Broker.redis());
orderSuite("Redis", isSkipped("redis"), () => redis(false));
orderSuite("Redis, with recovery", isSkipped("redis"), () => redis(true));

const cluster = shared(async () => {
  const started = await RedisCluster.start();
  return { url: started.url, kill: () => started.end() };
});
orderSuite("a Redis Cluster, with recovery", isSkipped("redis"), () => cluster(true));

const nats = shared(() => Broker.nats());
orderSuite("NATS", isSkipped("nats"), () => nats(false));

const jetStream = shared(() => Broker.jetStream());
orderSuite("NATS, with recovery by JetStream", isSkipped("jetstream"), () => jetStream(true));

/** Servers of different tests do not find each other. */
function nextChannel(): string {
  number += 1;
  return `order-${number}`;
}

/** A broker that starts for the first test that needs it, and stops after the last. */
function shared(start: () => Promise<{ readonly url: string; kill(): Promise<unknown> }>) {
  let started: ReturnType<typeof start> | null = null;
  afterAll(async () => {
    await (await started)?.kill();
  });
  return async (recovery: boolean) => {
    started ??= start();
    return { messageQueue: (await started).url, channel: nextChannel(), recovery };
  };
}
