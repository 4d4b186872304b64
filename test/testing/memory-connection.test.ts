import { beforeEach, expect, it } from "vitest";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import type { SocketPacket } from "../../src/protocol/socket-packet.ts";
import { MemoryConnection } from "../../src/testing/memory-connection.ts";
import { everyone, Site } from "../core/site.ts";
import { fakeRequest } from "../support/fake-exchange.ts";

let site: Site;
/** The packets that the client got, and the ends of its connections. */
let heard: (SocketPacket | "closed" | Error)[];

beforeEach(() => {
  site = new Site();
  heard = [];
});

function connection(query = "EIO=4&transport=websocket"): MemoryConnection {
  const owner = { engine: site.engine, codec: jsonCodec };
  return new MemoryConnection(owner, fakeRequest(`/socket.io/?${query}`), {
    onPacket: (packet) => heard.push(packet),
    onClose: (error) => heard.push(error ?? "closed"),
  });
}

/** A client that has joined the main namespace. */
async function joined(): Promise<MemoryConnection> {
  const client = connection();
  await client.open();
  client.send({ type: "connect", namespace: "/" });
  site.clock.endTick();
  heard = [];
  return client;
}

it("opens one connection for all callers, and another one after its end", async () => {
  const client = connection();
  expect(client.isOpen).toBe(false);
  await Promise.all([client.open(), client.open()]);
  expect([client.isOpen, site.engine.connections.size]).toEqual([true, 1]);
  await client.open();
  expect(site.counters.opened).toBe(1);
  client.cut();
  await client.open();
  expect([client.isOpen, site.counters.opened]).toEqual([true, 2]);
});

it("carries packets both ways", async () => {
  const client = connection();
  await client.open();
  client.send({ type: "connect", namespace: "/chat", data: { token: 1 } });
  client.send({ type: "event", namespace: "/chat", id: 3, data: ["say", "hi"] });
  site.hub.broadcaster.emit({ ...everyone, namespace: "/chat" }, "file", new Uint8Array([1, 2]), {});
  site.clock.endTick();
  expect(site.handlers.events).toMatchObject([{ event: "say", values: ["hi"] }]);
  expect(heard).toEqual([
    { type: "connect", namespace: "/chat", data: { sid: expect.any(String) } },
    { type: "event", namespace: "/chat", data: ["file", Buffer.from([1, 2])] },
  ]);
});

it("gives the server bytes of its own, as a network does", async () => {
  const client = await joined();
  const bytes = new Uint8Array([1, 2]);
  client.send({ type: "event", namespace: "/", data: ["file", bytes] });
  bytes[0] = 9;
  expect(site.handlers.events[0]?.values).toEqual([Buffer.from([1, 2])]);
});

it("says why the server refuses it, to its caller and to its client, and may try again", async () => {
  const client = connection("EIO=4&transport=pigeon");
  const refusal = { code: "ERR_CONNECTION_REFUSED", message: expect.stringContaining("Transport unknown") };
  await expect(client.open()).rejects.toMatchObject(refusal);
  expect(heard).toEqual([expect.objectContaining(refusal)]);
  expect(client.isOpen).toBe(false);
  await expect(client.open()).rejects.toMatchObject({
    message: expect.stringMatching(/^The server refused the connection: 400 /),
  });
  expect(site.engine.connections.size).toBe(0);
});

it("ends soon when its client closes it, and at once when the network fails", async () => {
  const [closing, failing] = [await joined(), await joined()];
  closing.close();
  expect([closing.isOpen, heard]).toEqual([true, []]);
  await Promise.resolve();
  expect([closing.isOpen, heard]).toEqual([false, ["closed"]]);
  failing.cut();
  expect([failing.isOpen, heard]).toEqual([false, ["closed", "closed"]]);
  expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual([
    "transport close",
    "transport close",
  ]);
});

it("ends once, and carries nothing after that", async () => {
  const client = await joined();
  client.cut();
  client.cut();
  client.close();
  client.send({ type: "event", namespace: "/", data: ["late"] });
  await Promise.resolve();
  expect([heard, site.handlers.events]).toEqual([["closed"], []]);
});

it("answers the server's pings", async () => {
  const client = await joined();
  site.clock.advance(10 * 60_000);
  expect([client.isOpen, heard]).toEqual([true, []]);
});
