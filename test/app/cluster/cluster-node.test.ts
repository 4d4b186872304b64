import { isIPv4 } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ClusterNode, ownAddress, type RelayHost } from "../../../src/app/cluster/cluster-node.ts";
import type { Bus } from "../../../src/backplane/bus/bus.ts";
import { MemoryBroker } from "../../../src/backplane/bus/memory-bus.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { engineOptions } from "../../../src/engine/engine-options.ts";
import { everyone, Site } from "../../core/site.ts";
import { FakeExchange, fakeRequest } from "../../support/fake-exchange.ts";
import { LogLines } from "../../support/log-lines.ts";

const options = resolveOptions(engineOptions, {}, "a test");

const localServer = {
  handle: async () => ({ values: [] }),
  onServerJoined() {},
  onServerLeft() {},
};

/** A server that is a node of an application. */
function nodeOn(bus: Bus, relayHost: RelayHost | null = null) {
  const site = new Site();
  const log = new LogLines();
  const { hub, engine, clock, trace } = site;
  const owner = { hub, engine, clock, trace, server: localServer, logger: log };
  const node = new ClusterNode({ bus, relayHost, sharedLog: null, secret: null }, owner, options);
  onTestFinished(() => node.close());
  return { node, site, log };
}

/** A client connects by long polling. Returns the id of its connection. */
function connectionId({ engine }: Site): string {
  const exchange = new FakeExchange(fakeRequest("/socket.io/?EIO=4&transport=polling"));
  engine.handleRequest(exchange);
  return (JSON.parse(exchange.text?.slice(1) ?? "") as { sid: string }).sid;
}

const loopback = { host: "127.0.0.1", port: 0 };

it("names connections after itself where others pass their requests on, and only there", () => {
  const broker = new MemoryBroker();
  const { node, site } = nodeOn(broker.bus(), loopback);
  expect(connectionId(site)).toMatch(new RegExp(`^${node.servers.node}\\.[\\w-]{20}$`));
  expect(connectionId(nodeOn(broker.bus()).site)).not.toContain(".");
});

it("serves once, however often it is asked, and is known to the others then", async () => {
  const broker = new MemoryBroker();
  const [one, two] = [nodeOn(broker.bus(), loopback), nodeOn(broker.bus())];
  await Promise.all([one.node.opened, two.node.opened]);
  expect([one.node.servers.isServer, two.node.servers.nodes()]).toEqual([false, []]);
  const serving = one.node.serve(false);
  expect(one.node.serve(false)).toBe(serving);
  one.site.clock.advance(1000);
  await serving;
  expect([one.node.servers.isServer, two.node.servers.nodes()]).toEqual([true, [one.node.servers.node]]);
  await one.node.close();
  expect(two.node.servers.nodes()).toEqual([]);
});

it("says which address it cannot listen on for the others, and which option names another", async () => {
  // An address for documentation (RFC 5737), which no machine has.
  const { node } = nodeOn(new MemoryBroker().bus(), { host: "192.0.2.1", port: 0 });
  await expect(node.serve(false)).rejects.toMatchObject({
    code: "ERR_LISTEN",
    message: expect.stringMatching(
      /^Cannot listen on 192\.0\.2\.1:0 for what other processes relay: .*EADDRNOTAVAIL.*relay: \{ host: "10\.0\.0\.5" \}.*relay: false/,
    ),
    cause: expect.objectContaining({ code: "EADDRNOTAVAIL" }),
  });
});

it("goes on alone when the message queue refuses it for good, and says so once", async () => {
  const refusal = new RoomcastError("ERR_MESSAGE_QUEUE", "wrong password");
  const bus = Object.assign(new MemoryBroker().bus(), { open: () => Promise.reject(refusal) });
  const { node, site, log } = nodeOn(bus);
  expect(node.queueStats.state).toBe("connecting");
  await expect(node.opened).rejects.toBe(refusal);
  expect(node.queueStats).toMatchObject({
    state: "refused",
    error: { code: "ERR_MESSAGE_QUEUE", message: "wrong password" },
  });
  await node.serve(false);
  const peer = site.peer();
  peer.join();
  site.hub.broadcaster.emit(everyone, "news", 1, {});
  expect(peer.heard()).toEqual(['42["news",1]']);
  expect(log.lines.filter((line) => line.includes("wrong password"))).toEqual([
    expect.stringMatching(
      /^error The message queue cannot be used: only clients of this process are reached/,
    ),
  ]);
});

it("has nothing to wait for where no process shares recovery", async () => {
  const { node } = nodeOn(new MemoryBroker().bus());
  await expect(node.delivered()).resolves.toBe(undefined);
});

it("finds an address of this machine for the others", () => {
  expect(isIPv4(ownAddress())).toBe(true);
});
