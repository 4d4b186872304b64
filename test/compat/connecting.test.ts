/** From the request to join a namespace to its acceptance or refusal. */

import { ConnectionRefusedError, emit, joinRoom, request, session } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, connected, reconnect, record, refused, sidOf, stockClients } from "../support/stock-client.ts";
import { deferred, nextEvent, soon } from "../support/waiting.ts";

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

describe.each(stockClients)("connecting with %s", (client) => {
  it("passes the client's auth to the handler", async () => {
    const { socketio, url } = await startServer();
    const auths: unknown[] = [];
    socketio.on("connect", (auth) => auths.push([auth, request.auth]));
    await client.connect(url, { auth: { token: "é", list: [1] } });
    await client.connect(url, { auth: (send) => send({ from: "a function" }) });
    await client.connect(url);
    expect(auths).toEqual([
      [
        { token: "é", list: [1] },
        { token: "é", list: [1] },
      ],
      [{ from: "a function" }, { from: "a function" }],
      [undefined, undefined],
    ]);
  });

  it("passes the request that opened the connection to the handler", async () => {
    const { socketio, url } = await startServer();
    socketio.on("ask", () => [
      request.headers["x-visitor"],
      request.query.get("room"),
      request.address,
      request.secure,
    ]);
    const socket = await client.connect(url, {
      extraHeaders: { "X-Visitor": "me" },
      query: { room: "a b&c" },
    });
    expect(await ask(socket, "ask")).toEqual([["me", "a b&c", "127.0.0.1", false]]);
  });

  it("runs the handler of accepted clients after the acceptance, and before the client's first event", async () => {
    const { socketio, url } = await startServer();
    const order: unknown[] = [];
    socketio.on("connect", () => {
      order.push("connect");
      emit("welcome", 1);
    });
    socketio.onAccepted(() => {
      order.push(`accepted ${request.sid}`);
      emit("news", 2, { broadcast: true });
    });
    socketio.on("first", () => void order.push("first"));
    const socket = client.open(url);
    const events = record(socket);
    socket.emit("first");
    await connected(socket);
    await soon(() => [order.length, events.length]).toEqual([3, 2]);
    expect(order).toEqual(["connect", `accepted ${sidOf(socket)}`, "first"]);
    expect(events).toEqual([
      ["welcome", 1],
      ["news", 2],
    ]);
  });

  it("waits for an async handler before the client counts as connected", async () => {
    const { socketio, url } = await startServer();
    const gate = deferred();
    const entered = deferred();
    socketio.on("connect", async () => {
      entered.resolve();
      await gate.promise;
    });
    const socket = client.open(url);
    await entered.promise;
    expect(socket.connected).toBe(false);
    gate.resolve();
    await connected(socket);
  });

  it("handles what the client emitted before it was connected, after the connect handler", async () => {
    const { socketio, url } = await startServer();
    socketio.on("connect", async () => {
      await pause();
      session.receiveCount = 1;
    });
    socketio.on("early", (value) => [value, session.receiveCount]);
    const socket = client.open(url);
    expect(await ask(socket, "early", "first")).toEqual([["first", 1]]);
  });

  it.each([
    { title: "by a handler that returns false", handler: () => false },
    { title: "by an async handler that resolves to false", handler: () => pause().then(() => false) },
  ])("is refused $title", async ({ handler }) => {
    const { socketio, url } = await startServer();
    const left: unknown[] = [];
    socketio.on("connect", handler);
    socketio.on("disconnect", (reason) => left.push(reason));
    const socket = client.open(url);
    const error = await refused(socket);
    expect(error).toMatchObject({ message: "Connection rejected by server" });
    expect(error.data).toBeUndefined();
    expect(socket.connected).toBe(false);
    socket.disconnect();
    await soon(() => socketio.clientCount).toBe(0);
    expect(left).toEqual([]);
  });

  it.each([
    {
      title: "at once",
      handler: () => {
        throw new ConnectionRefusedError("no ticket", { code: 7, help: ["buy one"] });
      },
    },
    {
      title: "after a while",
      handler: async () => {
        await pause();
        throw new ConnectionRefusedError("no ticket", { code: 7, help: ["buy one"] });
      },
    },
  ])("is refused with the words and data that the handler gives $title", async ({ handler }) => {
    const { socketio, url } = await startServer();
    socketio.on("connect", handler);
    const error = await refused(client.open(url));
    expect(error.message).toBe("no ticket");
    expect(error.data).toEqual({ code: 7, help: ["buy one"] });
  });

  it.each([
    {
      title: "throws",
      handler: () => {
        throw new Error("the password of the database is 1234");
      },
    },
    { title: "rejects", handler: () => Promise.reject(new Error("the password of the database is 1234")) },
  ])("is refused without a word of the error when the handler $title", async ({ handler }) => {
    const { socketio, url, log } = await startServer();
    socketio.on("connect", handler);
    const error = await refused(client.open(url));
    expect(error.message).toBe("Connection rejected by server");
    expect(error.data).toBeUndefined();
    expect(log.lines.join()).toContain("1234");
  });

  it("can be refused in one namespace and accepted in another", async () => {
    const { socketio, url } = await startServer();
    socketio.on("connect", (auth) => auth?.token === "right", { namespace: "/private" });
    const main = await client.connect(url);
    expect((await refused(main.io.socket("/private"))).message).toBe("Connection rejected by server");
    expect(main.connected).toBe(true);
    expect((await client.connect(`${url}/private`, { auth: { token: "right" } })).connected).toBe(true);
  });

  it("can be tried again after a refusal", async () => {
    const { socketio, url } = await startServer();
    let full = true;
    socketio.on("connect", () => !full);
    const socket = client.open(url);
    await refused(socket);
    full = false;
    socket.disconnect();
    await reconnect(socket);
  });

  it("can be refused by middleware", async () => {
    const { socketio, url } = await startServer();
    socketio.use((context, next) => {
      if (context.event === "connect" && request.auth?.token !== "right")
        throw new ConnectionRefusedError("wrong token");
      return next();
    });
    expect((await refused(client.open(url, { auth: { token: "wrong" } }))).message).toBe("wrong token");
    expect((await client.connect(url, { auth: { token: "right" } })).connected).toBe(true);
  });

  it.each([
    { title: "at once", wait: () => {} },
    { title: "after a wait", wait: pause },
  ])("brings what the handler emits $title, after the acceptance and in order", async ({ wait }) => {
    const { socketio, url } = await startServer();
    socketio.on("connect", async () => {
      emit("reply", 1);
      socketio.emit("from outside", 2, { to: request.sid });
      const waiting = wait();
      if (waiting !== undefined) await waiting;
      emit("broadcast", 3, { broadcast: true });
      joinRoom("room");
      emit("to the room", 4, { to: "room" });
      emit("reply", Buffer.from([5]));
    });
    const socket = client.open(url);
    const order: unknown[] = [];
    socket.on("connect", () => order.push("connect"));
    socket.onAny((...values) => order.push(values));
    await soon(() => order).toEqual([
      "connect",
      ["reply", 1],
      ["from outside", 2],
      ["broadcast", 3],
      ["to the room", 4],
      ["reply", Buffer.from([5])],
    ]);
  });

  it("delivers no events of a handler that refuses", async () => {
    const { socketio, url } = await startServer();
    const sids: string[] = [];
    socketio.on("connect", async () => {
      sids.push(request.sid);
      emit("reply", 1);
      joinRoom("room");
      await pause();
      emit("reply", 2);
      return false;
    });
    socketio.namespace("/other");
    const other = await client.connect(`${url}/other`);
    const socket = other.io.socket("/");
    const events = record(socket);
    await refused(socket);
    socketio.emit("late", 3);
    socketio.emit("late", 4, { to: [...sids, "room"] });
    // The connection stays open: an earlier event would have arrived before this one.
    await ask(other, "anything");
    expect(events).toEqual([]);
    expect(sids).toHaveLength(1);
  });

  it("tells the client the id under which the server knows it", async () => {
    const { socketio, url } = await startServer();
    const socket = await client.connect(url);
    const hello = nextEvent(socket, "hello");
    socketio.emit("hello", "you", { to: sidOf(socket) });
    expect(await hello).toEqual(["you"]);
    // The id of the connection is a secret, and never the public id.
    expect(sidOf(socket)).not.toBe((socket.io.engine as { id?: string }).id);
  });

  it("disconnects a client that joins no namespace in time", async () => {
    const { socketio, url, trace } = await startServer({ connectTimeout: 500 });
    socketio.on("connect", () => false);
    const socket = client.open(url);
    const closed = nextEvent(socket.io.engine, "close");
    await refused(socket);
    await soon(() => socketio.clientCount).toBe(0);
    await closed;
    if (client.version === "3.0") {
      expect(trace).toContainEqual(
        expect.objectContaining({ type: "connection close", reason: "connect timeout" }),
      );
    }
  });
});
