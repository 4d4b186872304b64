import { connect, headers } from "@nats-io/transport-node";
import { emit, joinRoom, leaveRoom, request, SocketIO, session } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { LogLines } from "../support/log-lines.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { record, StockClient, sidOf } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon } from "../support/waiting.ts";

const stock = new StockClient("4.8", "websocket");
const eager = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 20, timeout: 2000 };

/** A client whose connection a test can break. */
async function visit({ port }: TestServer) {
  const proxy = await TcpProxy.open(port);
  onTestFinished(() => proxy.stop());
  const socket = await stock.connect(proxy.url, eager);
  const events = record(socket);
  return {
    socket,
    events,
    async interrupt() {
      const lost = nextEvent(socket, "disconnect");
      proxy.cut();
      await lost;
      const back = nextEvent(socket, "connect");
      proxy.restore();
      await back;
    },
  };
}

async function started(broker: Promise<Broker>): Promise<Broker> {
  const running = await broker;
  onTestFinished(() => running.kill());
  return running;
}

async function serve(broker: Broker): Promise<TestServer> {
  const server = await startServer({ messageQueue: broker.url, recovery: { maxDisconnection: 20_000 } });
  server.socketio.on("connect", async () => {
    if (!request.recovered) await joinRoom("red");
  });
  server.socketio.on("say", (text) => emit("said", text, { to: "red" }));
  return server;
}

/** Breaks the connection of a client, and lets it reconnect after two processes have sent events. */
async function interrupt(
  one: TestServer,
  other: TestServer,
): Promise<{ recovered: boolean; heard: unknown[] }> {
  const proxy = await TcpProxy.open(one.port);
  onTestFinished(() => proxy.stop());
  const socket = await stock.connect(proxy.url, eager);
  const events = record(socket);
  const lost = nextEvent(socket, "disconnect");
  proxy.cut();
  await lost;
  one.socketio.emit("said", 1, { to: "red" });
  other.socketio.emit("said", 2, { to: "red" });
  const back = nextEvent(socket, "connect");
  proxy.restore();
  await back;
  one.socketio.emit("said", 3);
  // The order between processes is not defined.
  await soon(() => events.map(([, value]) => value)).toEqual(expect.arrayContaining([1, 2, 3]));
  return { recovered: socket.recovered, heard: events.map(([, value]) => value) };
}

describe.skipIf(isSkipped("nats"))("NATS that is too old", () => {
  it("is reported in one log line, and clients come back to their process", async () => {
    const broker = await started(Broker.nats());
    const [one, other] = [await serve(broker), await serve(broker)];
    const isOld = one.log.lines.filter((line) => line.startsWith("error"));
    expect(isOld).toEqual([
      expect.stringMatching(/within this process only.*NATS 2\.\d+\.\d+ .*2\.10 or newer/),
    ]);
    const { recovered, heard } = await interrupt(one, other);
    expect(recovered).toBe(true);
    expect(heard).toHaveLength(3);
  });
});

describe.skipIf(isSkipped("jetstream"))("NATS with JetStream", () => {
  it("is reported in one log line when it is off", async () => {
    const broker = await started(Broker.jetStream({ isOn: false }));
    const one = await serve(broker);
    expect(one.log.lines.filter((line) => line.startsWith("error"))).toEqual([
      expect.stringMatching(/within this process only.*JetStream is off there.*-js/),
    ]);
    expect(await interrupt(one, one)).toEqual({ recovered: true, heard: [1, 2, 3] });
  });

  it("delivers events that were sent before the server knew that it is off", async () => {
    const broker = await started(Broker.jetStream({ isOn: false }));
    const one = await serve(broker);
    const socket = await stock.connect(one.url);
    const events = record(socket);
    const log = new LogLines();
    const early = await startServer({ messageQueue: broker.url, recovery: true, logger: log });
    early.socketio.emit("said", "early", { to: sidOf(socket) });
    await soon(() => events.map(([, value]) => value)).toEqual(["early"]);
    const emitter = new SocketIO({ messageQueue: broker.url, recovery: true, logger: log });
    emitter.emit("said", "and gone", { to: sidOf(socket) });
    await emitter.stop();
    await soon(() => events.map(([, value]) => value)).toEqual(["early", "and gone"]);
  });

  it("keeps more than one read returns", async () => {
    const broker = await started(Broker.jetStream());
    const [one, other] = [await serve(broker), await serve(broker)];
    const proxy = await TcpProxy.open(one.port);
    onTestFinished(() => proxy.stop());
    const socket = await stock.connect(proxy.url, eager);
    const events = record(socket);
    const lost = nextEvent(socket, "disconnect");
    proxy.cut();
    await lost;
    const sent = Array.from({ length: 1200 }, (_, index) => index);
    for (const index of sent) {
      const options = index % 3 === 0 ? { to: ["red", "green"] } : index % 3 === 1 ? { to: "red" } : {};
      one.socketio.emit("said", index, options);
    }
    proxy.leadTo(other.port);
    proxy.restore();
    await soon(() => events.map(([, value]) => value)).toEqual(sent);
    expect(socket.recovered).toBe(true);
  });

  it("delivers an event for several rooms once and in one order, to clients in any of them", async () => {
    const broker = await started(Broker.jetStream());
    const [one, other] = [await serve(broker), await serve(broker)];
    const sockets = [await stock.connect(one.url), await stock.connect(other.url)];
    const heard = sockets.map((socket) => record(socket));
    one.socketio.emit("said", 1, { to: ["red", "green"] });
    other.socketio.emit("said", 2, { to: ["blue", "red", sidOf(sockets[0] as never)] });
    other.socketio.emit("said", 3, { to: "red" });
    const values = () => heard.map((events) => events.map(([, value]) => value));
    await soon(() => values().map(({ length }) => length)).toEqual([3, 3]);
    expect([...(values()[0] ?? [])].sort()).toEqual([1, 2, 3]);
    expect(values()[1]).toEqual(values()[0]);
  });

  it("sends an event that is too large to local clients, and only its targets start a new session", async () => {
    const broker = await started(Broker.jetStream());
    const [one, other] = [await serve(broker), await serve(broker)];
    one.socketio.on("leave", () => leaveRoom("red"));
    const [near, far, apart] = [await visit(one), await visit(other), await visit(one)];
    await apart.socket.emitWithAck("leave");
    one.socketio.emit("said", "x".repeat(1_048_400), { to: "red" });
    one.socketio.emit("said", "after");
    for (const { events } of [near, far, apart]) {
      await soon(() => events.some(([, value]) => value === "after")).toBe(true);
    }
    expect([near, far, apart].map(({ events }) => events.length)).toEqual([2, 1, 1]);
    for (const visitor of [near, far, apart]) await visitor.interrupt();
    expect([near, far, apart].map(({ socket }) => socket.recovered)).toEqual([false, false, true]);
    expect(one.log.lines.filter((line) => line.startsWith("error"))).toEqual([
      expect.stringMatching(/takes at most 1048576 bytes/),
    ]);
  });

  it("starts a new session only for a client whose session data is too large", async () => {
    const broker = await started(Broker.jetStream());
    const one = await serve(broker);
    one.socketio.on("fill", () => {
      session.text = "x".repeat(1_200_000);
    });
    const [full, light] = [await visit(one), await visit(one)];
    await full.socket.emitWithAck("fill");
    for (const visitor of [full, light]) await visitor.interrupt();
    // The state of a client is written when its connection is lost.
    expect([full, light].map(({ socket }) => socket.recovered)).toEqual([false, true]);
    expect(one.log.lines.filter((line) => line.startsWith("error"))[0]).toMatch(
      /takes at most 1048576 bytes/,
    );
  });

  it("ends connections when it misses a message, because it cannot know which one", async () => {
    const broker = await started(Broker.jetStream());
    const one = await serve(broker);
    const socket = await stock.connect(one.url, eager);
    const events = record(socket);
    one.socketio.emit("said", 1, { to: "red" });
    await soon(() => events.length).toBe(1);
    const sid = sidOf(socket);
    const back = nextEvent(socket, "connect");
    await forge(broker);
    await back;
    expect(socket.recovered).toBe(false);
    expect(sidOf(socket)).not.toBe(sid);
    one.socketio.emit("said", 2, { to: "red" });
    await soon(() => events.at(-1)?.[1]).toBe(2);
  });
});

describe.skipIf(isSkipped("jetstream"))("names that are longer than NATS takes", () => {
  const room = "€".repeat(5000);
  const namespace = `/${"n".repeat(2000)}`;
  const noLimits = {
    maxRoomLength: Number.POSITIVE_INFINITY,
    maxNamespaceLength: Number.POSITIVE_INFINITY,
    recovery: { maxDisconnection: 20_000 },
  };

  it("work for rooms and namespaces like others, also after a return to another process", async () => {
    const broker = await started(Broker.jetStream());
    const servers = [1, 2].map(async () => {
      const server = await startServer({ messageQueue: broker.url, ...noLimits });
      server.socketio.namespace(namespace).on("connect", async () => {
        if (!request.recovered) await joinRoom(room);
      });
      return server;
    });
    const [one, other] = [await servers[0], await servers[1]] as [TestServer, TestServer];
    const proxy = await TcpProxy.open(one.port);
    onTestFinished(() => proxy.stop());
    const socket = await stock.connect(`${proxy.url}${namespace}`, eager);
    const events = record(socket);
    const heard = () => events.map(([, value]) => value);
    other.socketio.emit("said", 1, { to: room, namespace });
    await soon(heard).toEqual([1]);
    const lost = nextEvent(socket, "disconnect");
    proxy.cut();
    await lost;
    one.socketio.emit("said", 2, { to: room, namespace });
    proxy.leadTo(other.port);
    proxy.restore();
    await soon(heard).toEqual([1, 2]);
    expect(socket.recovered).toBe(true);
    one.socketio.emit("said", 3, { to: [room, "another"], namespace });
    one.socketio.emit("said", 4, { to: `${room}!`, namespace });
    one.socketio.emit("said", 5, { namespace });
    await soon(heard).toEqual([1, 2, 3, 5]);
    for (const { log } of [one, other]) {
      expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
    }
  });

  it("delay no other client when one sends to such a room or joins one, which the limit refuses", async () => {
    const broker = await started(Broker.jetStream());
    const one = await serve(broker);
    one.socketio.on("join", (name) => joinRoom(name));
    one.socketio.on("send", ({ to, text }) => emit("said", text, { to }));
    const [good, bad] = [await stock.connect(one.url), await stock.connect(one.url)];
    const events = record(good);
    for (const name of [room, "r".repeat(256)]) {
      await bad.timeout(5000).emitWithAck("join", name);
      await bad.timeout(5000).emitWithAck("send", { to: name, text: 1 });
    }
    await bad.timeout(5000).emitWithAck("join", "r".repeat(255));
    await bad.timeout(5000).emitWithAck("send", { to: "red", text: 2 });
    await soon(() => events.map(([, value]) => value)).toEqual([2]);
    expect(one.socketio.stats().roomNamesRefused).toBe(4);
  });
});

describe.skipIf(isSkipped("jetstream"))("the streams of a namespace", () => {
  const settings = { recovery: { maxDisconnection: 300 }, pingInterval: 500, pingTimeout: 500 };

  async function servePatterns(broker: Broker): Promise<TestServer> {
    const server = await startServer({ messageQueue: broker.url, ...settings });
    server.socketio.on("echo", (value: unknown) => value, { namespace: /^\/game-/ });
    return server;
  }

  /** The names of all streams of a broker. */
  async function streamsOf(broker: Broker): Promise<readonly string[]> {
    const connection = await connect({ servers: broker.url });
    const answer = await connection.request("$JS.API.STREAM.NAMES");
    await connection.close();
    return answer.json<{ streams: string[] | null }>().streams ?? [];
  }

  it("are removed after its last client has left for good, and created again for the next one", async () => {
    const broker = await started(Broker.jetStream());
    const one = await servePatterns(broker);
    const visitOnce = async (value: number) => {
      const socket = await stock.connect(`${one.url}/game-x`);
      const heard = nextEvent(socket, "said");
      one.socketio.emit("said", value, { namespace: "/game-x" });
      expect((await heard)[0]).toBe(value);
      expect(await streamsOf(broker)).toHaveLength(2);
      return socket;
    };
    (await visitOnce(1)).disconnect();
    await soon(() => streamsOf(broker)).toEqual([]);
    await visitOnce(2);
    expect(one.log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it("stay while another process has clients there, which notice nothing", async () => {
    const broker = await started(Broker.jetStream());
    const [one, other] = [await servePatterns(broker), await servePatterns(broker)];
    const socket = await stock.connect(`${one.url}/game-x`);
    const events = record(socket);
    const guest = await stock.connect(`${other.url}/game-x`);
    const alone = await stock.connect(`${other.url}/game-y`);
    expect(await streamsOf(broker)).toHaveLength(4);
    guest.disconnect();
    alone.disconnect();
    other.socketio.emit("said", 1, { namespace: "/game-x" });
    // The other process has checked which streams it no longer uses.
    await soon(async () => (await streamsOf(broker)).toSorted()).toEqual([
      "roomcast-clients-game-x",
      "roomcast-events-game-x",
    ]);
    other.socketio.emit("said", 2, { namespace: "/game-x" });
    await soon(() => events.map(([, value]) => value)).toEqual([1, 2]);
    expect(socket.connected).toBe(true);
  });

  it("that a killed process has left behind are removed when the next one starts, and those of others stay", async () => {
    const broker = await started(Broker.jetStream());
    const connection = await connect({ servers: broker.url });
    onTestFinished(() => connection.close());
    const create = (name: string, subject: string) =>
      connection.request(
        `$JS.API.STREAM.CREATE.${name}`,
        JSON.stringify({ name, subjects: [subject], storage: "memory" }),
      );
    await create("roomcast-clients-left", "roomcast.cli.left.>");
    await create("roomcast-events-left", "roomcast.rec.left.>");
    await create("roomcast-clients-kept", "roomcast.cli.kept.>");
    await create("roomcast-events-kept", "roomcast.rec.kept.>");
    await connection.request("roomcast.cli.kept.client", "its state");
    await create("roomcast-clients-other", "other.>");
    const one = await servePatterns(broker);
    await stock.connect(`${one.url}/game-x`);
    await soon(async () => (await streamsOf(broker)).toSorted()).toEqual([
      "roomcast-clients-game-x",
      "roomcast-clients-kept",
      "roomcast-clients-other",
      "roomcast-events-game-x",
      "roomcast-events-kept",
    ]);
  });

  it("that an operator removes start again with new sessions for its clients", async () => {
    const broker = await started(Broker.jetStream());
    const one = await servePatterns(broker);
    const socket = await stock.connect(`${one.url}/game-x`, eager);
    const back = nextEvent(socket, "connect");
    const connection = await connect({ servers: broker.url });
    for (const name of await streamsOf(broker)) await connection.request(`$JS.API.STREAM.DELETE.${name}`);
    await connection.close();
    one.socketio.emit("said", 1, { namespace: "/game-x" });
    await back;
    expect(socket.recovered).toBe(false);
    const heard = nextEvent(socket, "said");
    one.socketio.emit("said", 2, { namespace: "/game-x" });
    expect((await heard)[0]).toBe(2);
  });
});

/** Publishes a message with numbers that claim an earlier message on its subject, which does not exist. */
async function forge(broker: Broker): Promise<void> {
  const connection = await connect({ servers: broker.url });
  const info = await connection.request("$JS.API.STREAM.INFO.roomcast-events-_");
  const { state } = info.json<{ state: { last_seq: number } }>();
  const numbers = headers();
  numbers.set("Nats-Sequence", String(state.last_seq + 2));
  numbers.set("Nats-Last-Sequence", String(state.last_seq + 1));
  connection.publish(`roomcast.live._.r._${Buffer.from("red").toString("base64url")}`, "", {
    headers: numbers,
  });
  await connection.flush();
  await connection.close();
}
