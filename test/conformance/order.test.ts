import { onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { orderSuite } from "./order.suite.ts";

let number = 0;

orderSuite("memory", false, () => {
  number += 1;
  return { messageQueue: `memory://order-${number}` };
});

orderSuite("Redis", isSkipped("redis"), () => site(Broker.redis(), false));
orderSuite("Redis, with recovery", isSkipped("redis"), () => site(Broker.redis(), true));
orderSuite("NATS", isSkipped("nats"), () => site(Broker.nats(), false));
orderSuite("NATS, with recovery by JetStream", isSkipped("jetstream"), () => site(Broker.jetStream(), true));

async function site(starting: Promise<Broker>, recovery: boolean) {
  const broker = await starting;
  onTestFinished(() => broker.kill());
  return { messageQueue: broker.url, recovery };
}
