/** The bridge beside socket.io's own server, by `@socket.io/redis-adapter` on the program's clients. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { Server as StockServer } from "socket.io";
import { describe, expect, it, onTestFinished } from "vitest";
import { Server as BridgeServer } from "../../src/compat/index.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { LogLines } from "../support/log-lines.ts";
import { record, StockClient, sidOf } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

const stock = new StockClient("4.8", "websocket");

/** The same program on either server. */
async function start(Server: typeof StockServer, redis: string, options: object) {
  const publisher = createClient({ url: redis });
  const subscriber = publisher.duplicate();
  const http = createServer();
  const io = new Server(http, options);
  io.on("connection", (socket) => {
    socket.join(["all", socket.handshake.auth.name]);
    socket.data.name = socket.handshake.auth.name;
    socket.on("who", (done) => done(socket.data.name));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
  onTestFinished(async () => {
    await io.close();
    await Promise.all([publisher.close(), subscriber.close()]);
  });
  return { io, publisher, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

describe.skipIf(isSkipped("redis"))("io.adapter(createAdapter(publisher, subscriber)) on the bridge", () => {
  it("shares clients with servers of socket.io, and takes what the emitter sends", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const theirs = await start(StockServer, broker.url, {});
    const log = new LogLines();
    const ours = await start(BridgeServer as unknown as typeof StockServer, broker.url, { logger: log });
    const ada = await stock.connect(ours.url, { auth: { name: "ada" } });
    const bob = await stock.connect(theirs.url, { auth: { name: "bob" } });
    const cem = await stock.connect(ours.url, { auth: { name: "cem" } });
    for (const [name, client] of Object.entries({ ada, bob, cem })) client.on("who", (done) => done(name));
    const [one, two, three] = [record(ada), record(bob), record(cem)];

    await soon(async () => (await ours.io.fetchSockets()).map(({ data }) => data.name).sort()).toEqual([
      "ada",
      "bob",
      "cem",
    ]);
    expect((await theirs.io.fetchSockets()).map(({ data }) => data.name).sort()).toEqual([
      "ada",
      "bob",
      "cem",
    ]);
    ours.io.to("all").except("ada").emit("from ours", 1);
    theirs.io.to("all").except(sidOf(cem)).emit("from theirs", 2);
    await soon(() => [one.length, two.length, three.length]).toEqual([1, 2, 1]);
    new Emitter(ours.publisher).to("bob").to("ada").emit("from the emitter", 3);
    new Emitter(ours.publisher).serverSideEmit("ping");
    const names = (events: readonly (readonly unknown[])[]) => events.map(([event]) => event).sort();
    await soon(() => [one, two, three].map(names)).toEqual([
      ["from the emitter", "from theirs"],
      ["from ours", "from the emitter", "from theirs"],
      ["from ours"],
    ]);
    expect((await ours.io.timeout(5000).emitWithAck("who")).sort()).toEqual(["ada", "bob", "cem"]);
    ours.io.in("bob").disconnectSockets();
    await soon(() => bob.connected).toBe(false);
    theirs.io.in("ada").socketsJoin("late");
    await soon(() => ours.io.sockets.adapter.rooms.has("late")).toBe(true);
  });
});
