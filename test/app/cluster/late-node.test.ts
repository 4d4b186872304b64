import { expect, it, onTestFinished } from "vitest";
import { ClusterNode } from "../../../src/app/cluster/cluster-node.ts";
import { LateNode, type NodeLoader } from "../../../src/app/cluster/late-node.ts";
import { MemoryBroker } from "../../../src/backplane/bus/memory-bus.ts";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { engineOptions } from "../../../src/engine/engine-options.ts";
import { everyone, Site } from "../../core/site.ts";
import { FakeExchange, fakeRequest } from "../../support/fake-exchange.ts";
import { LogLines } from "../../support/log-lines.ts";
import { soon } from "../../support/waiting.ts";

const options = resolveOptions(engineOptions, {}, "a test");
const server = { handle: async () => ({ values: [] }), onServerJoined() {}, onServerLeft() {} };
const loopback = { host: "127.0.0.1", port: 0 };

/** A server whose node is loaded when a test says so. */
function lateSite(broker: MemoryBroker) {
  const site = new Site();
  const log = new LogLines();
  const { hub, engine, clock, trace } = site;
  const owner = { hub, engine, clock, trace, server, logger: log };
  let end = (_error?: Error) => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  const load: NodeLoader = async (known) => {
    await ended;
    const routes = { bus: broker.bus(), relayHost: loopback, sharedLog: null, secret: null };
    return new ClusterNode(routes, { ...owner, ...known }, options);
  };
  const traits = { node: generateNodeId(), broker: "memory", isForeign: false, hasSharedLog: false };
  const node = new LateNode(traits, owner, load);
  onTestFinished(() => {
    end();
    return node.close();
  });
  return { site, node, log, traits, load: () => end(), fail: (error: Error) => end(error) };
}

/** A server that is there already, with a client. */
async function otherSite(broker: MemoryBroker) {
  const site = new Site();
  const { hub, engine, clock, trace } = site;
  const routes = { bus: broker.bus(), relayHost: null, sharedLog: null, secret: null };
  const owner = { hub, engine, clock, trace, server, logger: new LogLines() };
  const node = new ClusterNode(routes, owner, options);
  onTestFinished(() => node.close());
  await node.opened;
  const peer = site.peer();
  peer.join();
  return { site, node, peer };
}

it("sends what it was told before it was loaded, in order, as it was then", async () => {
  const broker = new MemoryBroker();
  const { peer } = await otherSite(broker);
  const { site, node, load } = lateSite(broker);
  const { broadcaster, operations } = site.hub;
  const mutable = { n: 1 };
  broadcaster.emit(everyone, "first", mutable, {});
  mutable.n = 2;
  const joined = operations.join(everyone, "room");
  broadcaster.emit(everyone, "second", mutable, {});
  broadcaster.emit(everyone, "third", Buffer.from("bytes"), {});
  expect(node.queueStats).toMatchObject({
    state: "connecting",
    broker: "memory",
    waiting: 4,
    recovery: "none",
  });
  load();
  await node.opened;
  site.clock.advance(1000);
  await joined;
  expect(peer.heard().slice(-4)).toEqual([
    '42["first",{"n":1}]',
    '42["second",{"n":2}]',
    '451-["third",{"_placeholder":true,"num":0}]',
    Buffer.from("bytes"),
  ]);
  expect(node.queueStats).toMatchObject({ state: "up", waiting: 0 });
});

it("refuses at once what cannot be sent", () => {
  const { site, node } = lateSite(new MemoryBroker());
  const emit = () => site.hub.broadcaster.emit(everyone, "event", 1n, {});
  const tell = () => node.servers?.tellServers("event", [1n]);
  const ask = () => node.servers?.askServers("event", [1n], 100, { onReply() {}, onEnd() {} });
  for (const act of [emit, tell, ask]) expect(act).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
  expect(node.queueStats.waiting).toBe(0);
});

it("lets clients in when it is loaded, as clients of its process", async () => {
  const { site, load, node, traits } = lateSite(new MemoryBroker());
  const polling = new FakeExchange(fakeRequest("/socket.io/?EIO=4&transport=polling"));
  site.engine.handleRequest(polling);
  const peer = site.peer();
  expect(polling.response).toBe(undefined);
  load();
  await node.opened;
  await soon(() => polling.text).toContain(`"sid":"${traits.node}.`);
  const socket = peer.join();
  expect(socket.sid).toContain(traits.node);
});

it("waits to serve, and to close, until it is loaded", async () => {
  const broker = new MemoryBroker();
  const { node: other } = await otherSite(broker);
  const { site, node, load, traits } = lateSite(broker);
  const steps: string[] = [];
  const served = node.serve(false).then(() => steps.push("served"));
  load();
  await node.opened;
  site.clock.advance(1000);
  await served;
  expect(other.servers.nodes()).toEqual([traits.node]);
  await node.close();
  expect([steps, other.servers.nodes()]).toEqual([["served"], []]);
});

it("serves its own clients alone when it cannot be loaded, and says so", async () => {
  const { site, node, log, fail } = lateSite(new MemoryBroker());
  const peer = site.peer();
  const joined = site.hub.operations.join(everyone, "room");
  const found = site.hub.operations.sockets(everyone);
  const error = new Error("a file is gone");
  fail(error);
  await expect(node.opened).rejects.toBe(error);
  await joined;
  expect(await found).toEqual({ sockets: [], missing: [] });
  await node.serve(false);
  peer.join();
  site.hub.broadcaster.emit(everyone, "news", 1, {});
  expect(peer.heard()).toEqual(['42["news",1]']);
  expect(node.queueStats).toMatchObject({ state: "refused", error: { message: "a file is gone" } });
  expect(log.lines).toEqual([expect.stringMatching(/^error The message queue cannot be used/)]);
  await node.delivered();
  await node.close();
});
