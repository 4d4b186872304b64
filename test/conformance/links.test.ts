/** Every connection to a broker rejects calls after its end, and never throws. */

import { describe, expect, it, onTestFinished } from "vitest";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../../src/backplane/bus/broker-bus.ts";
import { IpcBroker } from "../../src/backplane/ipc/ipc-broker.ts";
import { channelPair, type IpcAnswer, type IpcRequests } from "../../src/backplane/ipc/ipc-channel.ts";
import { ipcLinks } from "../../src/backplane/ipc/ipc-link.ts";
import { jetStreamLinks } from "../../src/backplane/nats/jetstream-link.ts";
import { natsLinks } from "../../src/backplane/nats/nats-link.ts";
import { redisLinks } from "../../src/backplane/redis/redis-link.ts";
import { redisStreamLinks } from "../../src/backplane/redis/redis-stream-link.ts";
import type { StreamLink } from "../../src/backplane/stream/stream-link.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { Broker, isSkipped } from "../support/brokers.ts";

const owner: BrokerLinkOwner = { onMessage() {}, onLost() {}, onRefused() {} };
const place = { name: "app{%2F}", maxEvents: 10, age: 1000, keep: 10_000 };
const bytes = Buffer.from("message");
const noRooms = { stays: () => [], changes: { set: [], ended: [] } };
const client = { key: "pid", node: "node", time: 1000 };

async function broker(opening: Promise<Broker>): Promise<string> {
  const opened = await opening;
  onTestFinished(() => opened.kill());
  return opened.url;
}

function onIpc(): Promise<BrokerLink> {
  const ipc = new IpcBroker();
  const links = ipcLinks(() => {
    const { left, right } = channelPair<IpcRequests, IpcAnswer>();
    ipc.connect(right);
    return left;
  });
  return connect(links);
}

function connect(links: ConnectBroker): Promise<BrokerLink> {
  return links(owner, new AbortController().signal);
}

async function connectLog(links: (onOpen: (link: StreamLink) => void) => ConnectBroker): Promise<StreamLink> {
  let log: StreamLink | undefined;
  await connect(
    links((link) => {
      log = link;
    }),
  );
  if (log === undefined) throw new Error("no link was opened");
  return log;
}

/** Whether each call returns a promise. Whether it resolves or rejects does not matter here. */
function outcomes(calls: Record<string, () => Promise<unknown>>): Record<string, boolean> {
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => {
      try {
        const promise = call();
        promise.catch(() => {});
        return [name, promise instanceof Promise];
      } catch {
        return [name, false];
      }
    }),
  );
}

/** Some connections notice their own end a little later, so the test checks both states. */
async function aMoment(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const callsOf = (link: BrokerLink) => ({
  publish: () => link.publish("subject", bytes),
  subscribe: () => link.subscribe(["subject"]),
  unsubscribe: () => link.unsubscribe(["subject"]),
  ping: () => link.ping(),
});

const logCallsOf = (log: StreamLink) => ({
  ...callsOf(log),
  subscribe: () => log.subscribe([`${place.name}:r:room`]),
  unsubscribe: () => log.unsubscribe([`${place.name}:r:room`]),
  begin: () => log.begin(place),
  append: () =>
    log.append(place, "e", { origin: "node", id: 1, message: bytes, channels: [`${place.name}:b`] }),
  pass: () => log.pass(place, "e", [`${place.name}:b`], bytes),
  head: () => log.head(place, "e"),
  read: () => log.read(place, "e", 0, 10),
  fence: () => log.barrier(place, "e", "node", 1),
  save: () => log.save(place, "e", { ...client, generation: 1, json: "{}", ...noRooms, isNew: true }),
  find: () => log.find(place, "e", "key"),
  claim: () => log.claim(place, "e", client),
  drop: () => log.drop(place, "pid", 1),
  end: () => log.end(place),
});

function expectPromises(calls: Record<string, () => Promise<unknown>>): void {
  expect(outcomes(calls)).toEqual(Object.fromEntries(Object.keys(calls).map((name) => [name, true])));
}

describe.each([
  { name: "the process that started it", isMissing: false, open: onIpc },
  {
    name: "Redis",
    isMissing: isSkipped("redis"),
    open: async () => connect(redisLinks(await broker(Broker.redis()), "test")),
  },
  {
    name: "NATS",
    isMissing: isSkipped("nats"),
    open: async () => connect(natsLinks(await broker(Broker.nats()), "test")),
  },
])("a link to $name", ({ isMissing, open }) => {
  it.skipIf(isMissing)("gives a promise for everything, also after its end", async () => {
    const link = await open();
    await link.subscribe(["subject"]);
    link.close();
    expectPromises(callsOf(link));
    await aMoment();
    expectPromises(callsOf(link));
  });
});

describe.each([
  {
    name: "Redis",
    isMissing: isSkipped("redis"),
    open: async () => {
      const url = await broker(Broker.redis());
      return connectLog((onOpen) => redisStreamLinks(url, "test", onOpen));
    },
  },
  {
    name: "JetStream",
    isMissing: isSkipped("jetstream"),
    open: async () => {
      const url = await broker(Broker.jetStream());
      return connectLog((onOpen) => jetStreamLinks(url, "test", systemClock, onOpen));
    },
  },
])("a log in $name", ({ isMissing, open }) => {
  it.skipIf(isMissing)("gives a promise for everything, also after its end", async () => {
    const log = await open();
    await log.begin(place);
    await log.subscribe([`${place.name}:r:room`]);
    log.close();
    expectPromises(logCallsOf(log));
    await aMoment();
    expectPromises(logCallsOf(log));
  });
});
