/** A cluster with a real Socket.IO server that uses `@socket.io/redis-adapter`. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { joinRoom } from "roomcast";
import { Server } from "socket.io";
import { describe, expect, it, onTestFinished } from "vitest";
import { generateSid } from "../../src/core/model/sid.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer } from "../support/server.ts";
import { ask, record, type Socket, StockClient, sidOf } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

const stock = new StockClient("4.8", "websocket");

/** A Socket.IO server on the same Redis, and its address. */
async function startSocketIo(redis: string): Promise<{ io: Server; url: string }> {
  const [publisher, subscriber] = [createClient({ url: redis }), createClient({ url: redis })];
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const server = createServer();
  const io = new Server(server, { adapter: createAdapter(publisher, subscriber, { requestsTimeout: 2000 }) });
  io.on("connection", (socket) => {
    socket.on("join", async (room, answer) => {
      await socket.join(room);
      answer();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await io.close();
    await Promise.all([publisher.close(), subscriber.close()]);
  });
  return { io, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** One server of each kind, a client of each, and the events that these receive. */
async function start() {
  const broker = await Broker.redis();
  onTestFinished(() => broker.kill());
  const { io, url } = await startSocketIo(broker.url);
  const {
    socketio,
    log,
    url: here,
  } = await startServer({ messageQueue: broker.url, format: "redis-adapter" });
  socketio.on("join", (room: string) => joinRoom(room));
  const [a, b] = [await stock.connect(here), await stock.connect(url)];
  const theirs = io.of("/");
  await soon(() => theirs.sockets.size).toBe(1);
  return { broker, io, socketio, log, here, there: url, a, b, one: record(a), two: record(b) };
}

function answerWith(socket: Socket, ...values: unknown[]): void {
  socket.on("question", (...given: unknown[]) => (given.at(-1) as (...values: unknown[]) => void)(...values));
}

const bytes = Buffer.from([0, 1, 255]);

describe.skipIf(isSkipped("redis"))("with a Socket.IO server that uses @socket.io/redis-adapter", () => {
  it("clients of both get what either server sends, to all, rooms and single clients, with all kinds of values", async () => {
    const { io, socketio, a, b, one, two } = await start();
    await Promise.all([ask(a, "join", "room"), ask(b, "join", "room")]);
    io.emit("from there", { text: "ü", bytes }, [1, null], -3.5, 2 ** 40);
    io.to("room").emit("room there", 1);
    io.to(sidOf(a)).emit("direct there", 2);
    io.to(["room", "nobody"]).except(sidOf(b)).emit("except there", 3);
    io.to("nobody").emit("nobody", 4);
    await soon(() => one.length).toBe(4);
    socketio.emit("from here", { text: "ü", bytes, number: 1.5 }, { skipSid: "nobody" });
    socketio.emit("room here", 1, { to: "room" });
    socketio.emit("direct here", 2, { to: sidOf(b) });
    socketio.emit("except here", 3, { to: ["room", "nobody"], skipSid: sidOf(a) });
    await soon(() => two.length).toBe(6);
    expect(one).toEqual([
      ["from there", { text: "ü", bytes }, [1, null], -3.5, 2 ** 40],
      ["room there", 1],
      ["direct there", 2],
      ["except there", 3],
      ["from here", { text: "ü", bytes, number: 1.5 }],
      ["room here", 1],
    ]);
    expect(two).toEqual([
      ["from there", { text: "ü", bytes }, [1, null], -3.5, 2 ** 40],
      ["room there", 1],
      ["from here", { text: "ü", bytes, number: 1.5 }],
      ["room here", 1],
      ["direct here", 2],
      ["except here", 3],
    ]);
  });

  it("each leaves out the rooms of the other's clients, and takes clients into several rooms", async () => {
    const { io, socketio, a, b, one, two } = await start();
    await socketio.joinRoom(["red", "blue"], { sid: sidOf(b) });
    await soon(async () => (await socketio.rooms({ sid: sidOf(b) })).length).toBe(3);
    await socketio.joinRoom("green", { sid: sidOf(a) });
    socketio.emit("all but blue", 1, { except: ["blue", "nowhere"] });
    socketio.emit("all but green", 2, { except: "green" });
    io.except("green").emit("there but green", 3);
    io.except("blue").emit("there but blue", 4);
    await soon(() => [one.length, two.length]).toEqual([2, 2]);
    expect(one).toEqual([
      ["all but blue", 1],
      ["there but blue", 4],
    ]);
    expect(two.toSorted()).toEqual([
      ["all but green", 2],
      ["there but green", 3],
    ]);
  });

  it("answers its requests: which clients are there, in which rooms, and what they acknowledge", async () => {
    const { io, a, b } = await start();
    await ask(a, "join", "room");
    const sockets = await io.fetchSockets();
    expect(sockets.map(({ id }) => id).toSorted()).toEqual([sidOf(a), sidOf(b)].toSorted());
    const [mine] = sockets.filter(({ id }) => id === sidOf(a));
    expect([...(mine?.rooms ?? [])]).toEqual([sidOf(a), "room"]);
    expect(mine?.handshake.query).toMatchObject({ EIO: "4" });
    const { adapter } = io.of("/") as unknown as { adapter: { allRooms(): Promise<Set<string>> } };
    expect([...(await adapter.allRooms())].toSorted()).toEqual([sidOf(a), sidOf(b), "room"].toSorted());
    answerWith(a, "here");
    answerWith(b, "there");
    const answers = await within("the answers", io.timeout(5000).emitWithAck("question"));
    expect(answers.toSorted()).toEqual(["here", "there"]);
    await within("the answer to a server's event", io.serverSideEmitWithAck("anybody?"));
  });

  it("sends requests, too: to call one client or all, and to list their rooms", async () => {
    const { socketio, a, b } = await start();
    await ask(b, "join", "room");
    answerWith(a, "here", 1);
    answerWith(b, bytes);
    expect(await socketio.call("question", undefined, { to: sidOf(b) })).toEqual(bytes);
    expect(await socketio.rooms({ sid: sidOf(b) })).toEqual([sidOf(b), "room"]);
    const answers = await socketio.callAll("question", undefined, { timeout: 300 });
    expect(answers.map(({ value }) => value)).toEqual([["here", 1], bytes]);
  });

  it("neither server reveals secrets of its clients' requests", async () => {
    const { io, socketio, here, there } = await start();
    const options = { query: { token: "secret", x: "told" }, extraHeaders: { "x-api-key": "secret" } };
    const [ours, theirs] = await Promise.all([here, there].map((address) => stock.connect(address, options)));
    const [mine] = (await io.fetchSockets()).filter(({ id }) => id === sidOf(ours as Socket));
    const [far] = await socketio.sockets({ sid: sidOf(theirs as Socket) });
    for (const told of [mine?.handshake, far?.handshake]) {
      expect(told?.query).toMatchObject({ x: "told" });
      expect(JSON.stringify([told?.url, told?.query, told?.headers])).not.toContain("secret");
    }
  });

  it("moves and disconnects its clients, and lets it do the same with Roomcast's", async () => {
    const { io, socketio, a, b, one, two } = await start();
    // The room of a client is for that client alone.
    io.in(sidOf(a)).socketsJoin(["x", generateSid(), "y"]);
    await soon(() => socketio.rooms({ sid: sidOf(a) })).toEqual([sidOf(a), "x", "y"]);
    io.in("x").socketsLeave("y");
    await socketio.joinRoom("x", { sid: sidOf(b) });
    const theirs = io.of("/").sockets.get(sidOf(b));
    await soon(() => theirs?.rooms.has("x")).toBe(true);
    io.to("x").emit("both");
    await soon(() => [one, two]).toEqual([[["both"]], [["both"]]]);
    expect(await socketio.rooms({ sid: sidOf(a) })).toEqual([sidOf(a), "x"]);
    await socketio.leaveRoom("x", { sid: sidOf(b) });
    await soon(() => theirs?.rooms.has("x")).toBe(false);
    io.in(sidOf(a)).disconnectSockets();
    await soon(() => a.connected).toBe(false);
    await socketio.disconnect({ sid: sidOf(b) });
    await soon(() => b.connected).toBe(false);
  });

  it("receives from @socket.io/redis-emitter", async () => {
    const { broker, a, one } = await start();
    const redis = createClient({ url: broker.url });
    await redis.connect();
    onTestFinished(() => redis.destroy());
    const emitter = new Emitter(redis);
    emitter.in(sidOf(a)).socketsJoin("room");
    emitter.to("room").emit("room", { bytes });
    emitter.emit("all", new Date(0));
    await soon(() => one).toEqual([
      ["room", { bytes }],
      ["all", "1970-01-01T00:00:00.000Z"],
    ]);
    emitter.in("room").disconnectSockets(true);
    await soon(() => a.connected).toBe(false);
  });

  it("rooms are reached by their numbers, and an invalid name reaches no client and has a line in the log", async () => {
    const { io, log, a, b, one, two } = await start();
    const loose = io as unknown as {
      to(room: unknown): { emit(event: string): void };
      in(room: unknown): never;
    };
    const each = (rooms: unknown) => io.in(rooms as string);
    await Promise.all([ask(a, "join", "5"), ask(b, "join", 5)]);
    loose.to(5).emit("number");
    loose.to(["nobody", 5]).emit("numbers");
    for (const nobody of [undefined, null, Number.NaN, "", [undefined, null]])
      loose.to(nobody).emit("nobody");
    each(sidOf(a)).socketsJoin([7, null, Number.NaN] as never);
    await soon(() => one).toEqual([["number"], ["numbers"]]);
    loose.to(7).emit("seven");
    each(undefined).disconnectSockets();
    each([null, true]).disconnectSockets(true);
    io.emit("end");
    await soon(() => [one.at(-1), two.at(-1)]).toEqual([["end"], ["end"]]);
    expect(one).toEqual([["number"], ["numbers"], ["seven"], ["end"]]);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toEqual(
      expect.arrayContaining([expect.stringMatching(/"socket\.io" is ignored, since a room is nothing/)]),
    );
    expect(log.lines.filter((line) => /since a room is nothing/.test(line)).length).toBe(1);
  });
});
