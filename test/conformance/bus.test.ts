import { afterAll, onTestFinished } from "vitest";
import { BrokerBus } from "../../src/backplane/bus/broker-bus.ts";
import { MemoryBroker } from "../../src/backplane/bus/memory-bus.ts";
import { IpcBroker } from "../../src/backplane/ipc/ipc-broker.ts";
import { channelPair, type IpcAnswer, type IpcRequests } from "../../src/backplane/ipc/ipc-channel.ts";
import { ipcLinks } from "../../src/backplane/ipc/ipc-link.ts";
import { natsLinks } from "../../src/backplane/nats/nats-link.ts";
import { redisLinks } from "../../src/backplane/redis/redis-link.ts";
import { QueueSecret } from "../../src/backplane/wire/queue-secret.ts";
import { SignedBus } from "../../src/backplane/wire/signed-bus.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { Broker, isSkipped, RedisCluster } from "../support/brokers.ts";
import { type BusSite, busSuite } from "./bus.suite.ts";

/** The timeouts are shorter than usual, because the tests wait for them. */
const limits = { pingInterval: 100, answerTimeout: 1000, connectTimeout: 3000, maxRetryDelay: 100 };

busSuite("memory", { cannotHang: true }, () => {
  const broker = new MemoryBroker();
  return { bus: () => broker.bus(), stop: () => broker.stop(), start: () => broker.start() };
});

busSuite("memory, signed", { cannotHang: true }, () => {
  const broker = new MemoryBroker();
  const secret = new QueueSecret(["a secret that is known to the buses alone"], "test");
  const problems = {
    onIgnored(_problem: string, details: string) {
      throw new Error(details);
    },
  };
  return {
    bus: () => new SignedBus(broker.bus(), secret, problems),
    stop: () => broker.stop(),
    start: () => broker.start(),
  };
});

busSuite("the process that forked it", {}, () => {
  let broker: IpcBroker | null = new IpcBroker();
  const cuts: (() => void)[] = [];
  let isFrozen = false;
  const open = () => {
    if (broker === null) throw new Error("The broker is gone.");
    const { left, right, cut } = channelPair<IpcRequests, IpcAnswer>();
    broker.connect(right);
    cuts.push(cut);
    return {
      listen: left.listen.bind(left),
      send(value: IpcRequests, onSent: () => void) {
        if (!isFrozen) left.send(value, onSent);
      },
    };
  };
  return {
    bus: () => new BrokerBus("the process that forked it", ipcLinks(open), systemClock, limits),
    stop() {
      broker = null;
      for (const cut of cuts) cut();
    },
    start() {
      broker = new IpcBroker();
    },
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
    },
  };
});

busSuite("Redis", { skip: isSkipped("redis") }, async () => {
  const broker = await Broker.redis();
  return brokerSite(
    broker,
    () => new BrokerBus("Redis", redisLinks(broker.url, "test"), systemClock, limits),
  );
});

busSuite("Redis without sharded pub/sub", { skip: isSkipped("redis") }, async () => {
  const broker = await Broker.redis("--rename-command", "SPUBLISH", "");
  return brokerSite(
    broker,
    () => new BrokerBus("Redis", redisLinks(broker.url, "test"), systemClock, limits),
  );
});

let cluster: RedisCluster | undefined;
let clusterSites = 0;
afterAll(() => cluster?.end());

busSuite("Redis Cluster", { skip: isSkipped("redis") }, async () => {
  cluster ??= await RedisCluster.start();
  const { url } = cluster;
  clusterSites += 1;
  const channel = `test ${clusterSites}`;
  return {
    bus: () => new BrokerBus("Redis", redisLinks(url, channel), systemClock, limits),
    stop: () => cluster?.each((broker) => broker.kill()),
    start: () => cluster?.restart(),
    freeze: () => void cluster?.each((broker) => broker.freeze()),
    thaw: () => void cluster?.each((broker) => broker.thaw()),
  };
});

busSuite("NATS", { skip: isSkipped("nats") }, async () => {
  const broker = await Broker.nats();
  return brokerSite(broker, () => new BrokerBus("NATS", natsLinks(broker.url, "test"), systemClock, limits));
});

/** Controls of a broker that the test starts itself. */
function brokerSite(broker: Broker, bus: () => BrokerBus): BusSite {
  onTestFinished(() => broker.kill());
  return {
    bus,
    stop: () => broker.kill(),
    start: () => broker.start(),
    freeze: () => broker.freeze(),
    thaw: () => broker.thaw(),
  };
}
