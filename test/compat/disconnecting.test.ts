/** The end of a connection and its reason, on both sides. */

import { disconnect, emit, request, session } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, connected, reconnect, record, sidOf, stockClients } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { deferred, nextEvent, soon } from "../support/waiting.ts";

/** A server that records the clients that leave, and their reasons. */
async function startServerWithExit(options = {}) {
  const server = await startServer(options);
  const left: [sid: string, reason: string][] = [];
  server.socketio.on("disconnect", (reason) => left.push([request.sid, reason]));
  return { ...server, left };
}

/** Options of servers that notice lost clients soon. */
const heartbeat = { pingInterval: 100, pingTimeout: 600 };
/** Options of clients that reconnect without long waits. */
const quickly = { reconnectionDelay: 20, reconnectionDelayMax: 40 };

describe.each(stockClients)("disconnecting with %s", (client) => {
  it("by the client: both sides say so", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const socket = await client.connect(url);
    const sid = sidOf(socket);
    const end = nextEvent(socket, "disconnect");
    socket.disconnect();
    expect((await end)[0]).toBe("io client disconnect");
    await soon(() => left).toEqual([[sid, "client namespace disconnect"]]);
    await soon(() => socketio.clientCount).toBe(0);
  });

  it("by the client, after what it has emitted", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const received: unknown[] = [];
    socketio.on("last words", (text) => received.push(text));
    const socket = await client.connect(url);
    socket.emit("last words", "one");
    socket.emit("last words", Buffer.from("two"));
    socket.disconnect();
    await soon(() => left.length).toBe(1);
    expect(received).toEqual(["one", Buffer.from("two")]);
  });

  it("by the server, which says why: the client is told first, and does not come back", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const socket = await client.connect(url, { reconnection: true, ...quickly });
    const sid = sidOf(socket);
    const events = record(socket);
    const end = nextEvent(socket, "disconnect");
    socketio.emit("news", 1);
    socketio.disconnect({ sid, reason: "You were idle", code: "IDLE" });
    expect((await end)[0]).toBe("io server disconnect");
    expect(events).toEqual([
      ["news", 1],
      ["disconnect_reason", { reason: "You were idle", code: "IDLE", retry: false }],
    ]);
    // The first attempt to reconnect would have happened long ago.
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(socket.connected).toBe(false);
    expect(left).toEqual([[sid, "server namespace disconnect"]]);
  });

  it("by the server, which asks it to come back: the client is told why, and comes back by itself", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const socket = await client.connect(url, { reconnection: true, ...quickly });
    const sid = sidOf(socket);
    const events = record(socket);
    const back = nextEvent(socket, "connect");
    const end = nextEvent(socket, "disconnect");
    socketio.emit("news", Buffer.from("binary"));
    socketio.disconnect({ sid, reason: "Moving", code: 12, retry: true });
    expect((await end)[0]).toBe("transport close");
    await back;
    expect(sidOf(socket)).not.toBe(sid);
    expect(events).toEqual([
      ["news", Buffer.from("binary")],
      ["disconnect_reason", { reason: "Moving", code: 12, retry: true }],
    ]);
    expect(left).toEqual([[sid, "reconnect requested"]]);
  });

  it("by a handler: the client gets what was sent before, and does not come back", async () => {
    const { socketio, url, left } = await startServerWithExit();
    socketio.on("bye", () => {
      emit("last words", 1);
      emit("last words", Buffer.from("two"));
      disconnect();
      emit("too late", 3);
      return "too late too";
    });
    const socket = await client.connect(url, { reconnection: true, ...quickly });
    const sid = sidOf(socket);
    const events = record(socket);
    const end = nextEvent(socket, "disconnect");
    socket.emit("bye", () => events.push(["acknowledged"]));
    expect((await end)[0]).toBe("io server disconnect");
    expect(events).toEqual([
      ["last words", 1],
      ["last words", Buffer.from("two")],
    ]);
    expect(left).toEqual([[sid, "server namespace disconnect"]]);
    expect(socket.active).toBe(false);
    await soon(() => socketio.clientCount).toBe(0);
    // It may reconnect when its application says so.
    await reconnect(socket);
  });

  it("by the server from outside of handlers", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const socket = await client.connect(url);
    const other = await client.connect(url);
    const sid = sidOf(socket);
    const end = nextEvent(socket, "disconnect");
    socketio.emit("last words", 1, { to: sid });
    socketio.disconnect({ sid });
    expect((await end)[0]).toBe("io server disconnect");
    expect(left).toEqual([[sid, "server namespace disconnect"]]);
    expect(other.connected).toBe(true);
  });

  it("by the server with the whole connection: in no namespace does the client come back", async () => {
    const { socketio, url, left } = await startServerWithExit();
    const leftChat: string[] = [];
    socketio.namespace("/chat").on("disconnect", (reason) => leftChat.push(reason));
    socketio.on("bye", () => disconnect({ close: true }));
    const socket = await client.connect(url, { reconnection: true, ...quickly });
    const chat = socket.io.socket("/chat");
    await connected(chat);
    const sid = sidOf(socket);
    const ends = [nextEvent(socket, "disconnect"), nextEvent(chat, "disconnect")];
    socket.emit("bye");
    expect((await Promise.all(ends)).map(([reason]) => reason)).toEqual([
      "io server disconnect",
      "io server disconnect",
    ]);
    expect([socket.active, chat.active]).toEqual([false, false]);
    expect(left).toEqual([[sid, "server namespace disconnect"]]);
    expect(leftChat).toHaveLength(1);
    await soon(() => socketio.clientCount).toBe(0);
  });

  it("by the end of the client's engine", async () => {
    const { url, left } = await startServerWithExit();
    const socket = await client.connect(url);
    const sid = sidOf(socket);
    socket.io.engine.close();
    await soon(() => left).toEqual([[sid, "transport close"]]);
  });

  it("by a network that fails, in every namespace", async () => {
    const server = await startServerWithExit(heartbeat);
    const { socketio, left } = server;
    const leftChat: string[] = [];
    socketio.namespace("/chat").on("disconnect", (reason) => leftChat.push(reason));
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url);
    const chat = socket.io.socket("/chat");
    await connected(chat);
    const ends = [nextEvent(socket, "disconnect"), nextEvent(chat, "disconnect")];
    proxy.cut();
    for (const [reason] of await Promise.all(ends)) expect(reason).toMatch(/^transport (close|error)$/);
    await soon(() => left.length + leftChat.length).toBe(2);
    // A client between two polls has no connection that could break: the server notices only its silence.
    const expected = client.transport === "polling" ? /^(transport|ping)/ : /^transport (close|error)$/;
    expect(left[0]?.[1]).toMatch(expected);
    expect(leftChat[0]).toMatch(expected);
    expect(socketio.clientCount).toBe(0);
  });

  it("leaves the disconnect handler its session", async () => {
    const { socketio, url } = await startServer();
    const kept = deferred<unknown>();
    socketio.on("connect", () => {
      session.receiveCount = 7;
    });
    socketio.on("disconnect", () => kept.resolve(session.receiveCount));
    (await client.connect(url)).disconnect();
    expect(await kept.promise).toBe(7);
  });

  it("while the connect handler runs calls the disconnect handler once", async () => {
    const { socketio, url } = await startServer();
    const gate = deferred();
    const entered = deferred();
    const calls: string[] = [];
    socketio.on("connect", async () => {
      entered.resolve();
      await gate.promise;
      calls.push("connected");
    });
    socketio.on("disconnect", (reason) => calls.push(reason));
    const socket = client.open(url);
    await entered.promise;
    socket.io.engine.close();
    await soon(() => socketio.clientCount).toBe(0);
    gate.resolve();
    await soon(() => calls).toEqual(["connected", "transport close"]);
  });

  it("by a server that stops: clients are told, handlers too, and clients try again", async () => {
    const { socketio, url, port, left } = await startServerWithExit();
    const socket = await client.connect(url, { reconnection: true, ...quickly });
    const sid = sidOf(socket);
    const events = record(socket);
    const end = nextEvent(socket, "disconnect");
    socketio.emit("last words", "back soon");
    await socketio.stop();
    expect((await end)[0]).toBe("transport close");
    expect(events).toEqual([["last words", "back soon"]]);
    expect(left).toEqual([[sid, "server shutting down"]]);
    expect(socket.active).toBe(true);

    const again = nextEvent(socket, "connect");
    const successor = await startServer({}, { port });
    successor.socketio.on("sum", (a, b) => a + b);
    await again;
    expect(sidOf(socket)).not.toBe(sid);
    expect(await ask(socket, "sum", 2, 3)).toEqual([5]);
  });

  it("by a network that fails: the client comes back and gets the events from then on", async () => {
    const server = await startServerWithExit(heartbeat);
    const { socketio, left } = server;
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url, { reconnection: true, ...quickly });
    const end = nextEvent(socket, "disconnect");
    proxy.cut();
    await end;
    await soon(() => left.length).toBe(1);
    const again = nextEvent(socket, "connect");
    proxy.restore();
    await again;
    const news = nextEvent(socket, "news");
    socketio.emit("news", 1);
    expect(await news).toEqual([1]);
    expect(socketio.clientCount).toBe(1);
  });
});

describe.each(stockClients)("the heartbeat with %s", (client) => {
  it("keeps a quiet connection alive", async () => {
    const { socketio, url, left } = await startServerWithExit({ pingInterval: 50, pingTimeout: 5000 });
    const socket = await client.connect(url);
    let pings = 0;
    // Both generations of the client call this event `ping`.
    const engine = socket.io.engine as unknown as { on(event: "pong", listener: () => void): void };
    engine.on("pong", () => {
      pings += 1;
    });
    await soon(() => pings).toBeGreaterThanOrEqual(4);
    expect(socket.connected).toBe(true);
    expect([left, socketio.clientCount]).toEqual([[], 1]);
  });

  it("ends a client that stays silent", async () => {
    const server = await startServerWithExit(heartbeat);
    const { socketio, left } = server;
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url);
    const sid = sidOf(socket);
    proxy.freeze("to server");
    await soon(() => left).toEqual([[sid, "ping timeout"]]);
    expect(socketio.clientCount).toBe(0);
  });

  it("shows a client that its server has gone silent", async () => {
    const server = await startServerWithExit(heartbeat);
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url);
    const end = nextEvent(socket, "disconnect");
    proxy.freeze("to client");
    expect((await end)[0]).toBe("ping timeout");
  });
});
