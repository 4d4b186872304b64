/** Processes that share a secret ignore messages of other programs that can write to the message queue. */

import { createClient } from "@redis/client";
import { joinRoom, request, rooms, SocketIO, type SocketIOOptions, session } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeMessage, encodeMessage, type HeartbeatMessage } from "../../src/backplane/wire/envelope.ts";
import { signedHeadLength } from "../../src/backplane/wire/signed-messages.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { LogLines } from "../support/log-lines.ts";
import { eventTo, targetOf, writerNode, writeTo } from "../support/queue-writer.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, record, StockClient } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon } from "../support/waiting.ts";

const stock = new StockClient("4.8", "websocket");
const [old, next] = ["the old secret of these tests alone", "the next secret of these tests alone"];

let number = 0;

async function broker(opening: Promise<Broker>): Promise<string> {
  const opened = await opening;
  onTestFinished(() => opened.kill());
  return opened.url;
}

function memory(): Promise<string> {
  number += 1;
  return Promise.resolve(`memory://secret-${number}`);
}

const sites = [
  { name: "memory", skip: false, open: memory },
  { name: "Redis", skip: isSkipped("redis"), open: () => broker(Broker.redis()) },
  { name: "NATS", skip: isSkipped("nats"), open: () => broker(Broker.nats()) },
];

function joined(servers: readonly TestServer[]): Promise<unknown> {
  return Promise.all(
    servers.map(({ trace }) =>
      soon(() => trace.filter(({ type }) => type === "process joined").length).toBe(servers.length - 1),
    ),
  );
}

/** The lines of a server's log about messages that it ignored. */
function complaints({ log }: Pick<TestServer, "log">): string[] {
  return log.lines.filter((line) => line.includes("is ignored"));
}

describe.each(sites)("processes with a secret on $name", ({ skip, open }) => {
  it.skipIf(skip)("reach each other's clients, also from a program that only emits", async () => {
    const options = { messageQueue: await open(), queueSecret: old };
    const servers = [await startServer(options), await startServer(options)] as const;
    await joined(servers);
    const got = record(await stock.connect(servers[1].url));
    const emitter = new SocketIO({ ...options, logger: new LogLines() });
    emitter.emit("news", "from a program");
    await emitter.stop();
    await soon(() => got).toEqual([["news", "from a program"]]);
    servers[0].socketio.emit("news", "from a process");
    await soon(() => got.length).toBe(2);
    expect(await servers[0].socketio.countClients()).toEqual({ count: 1, missing: [] });
    const statistics = servers.map(({ socketio }) => socketio.stats().messagesIgnored);
    expect([statistics, servers.flatMap(complaints)]).toEqual([[0, 0], []]);
  });

  it.skipIf(skip)(
    "take nothing from a writer that has none, or that repeats what they have sent",
    async () => {
      const messageQueue = await open();
      const options = { messageQueue, queueSecret: old };
      const [server, sender] = [await startServer(options), await startServer(options)] as const;
      await joined([server, sender]);
      const client = await stock.connect(server.url);
      const got = record(client);
      const writer = await writeTo(messageQueue);
      await Promise.all([writer.hear("b:/"), writer.hear("all")]);
      const ignored = () => server.socketio.stats().messagesIgnored;

      writer.write("b:/", eventTo(targetOf(), "from a stranger"));
      writer.write("all", {
        type: "heartbeat",
        origin: writerNode,
        occasion: "beat",
        isServer: true,
        label: "x",
        relay: null,
      });
      await soon(ignored).toBe(2);
      expect(complaints(server)).toEqual([expect.stringContaining("has no signature")]);

      sender.socketio.emit("news", "once");
      const heard = () => writer.heard.find(({ subject }) => subject === "b:/")?.bytes;
      await soon(() => heard()?.length ?? 0).toBeGreaterThan(0);
      await soon(() => got).toEqual([["news", "once"]]);
      const bytes = writer.heard.filter(({ subject }) => subject === "b:/").at(-1)?.bytes ?? new Uint8Array();
      writer.write("b:/", bytes);
      writer.write("all", bytes);
      const changed = Uint8Array.from(bytes);
      changed[changed.length - 3] = 0x21;
      writer.write("b:/", changed);
      await soon(ignored).toBe(5);
      expect(complaints(server)).toEqual([
        expect.stringContaining("has no signature"),
        expect.stringContaining("since it came before"),
        expect.stringContaining("signature does not fit"),
      ]);
      expect(got).toEqual([["news", "once"]]);
      expect(client.connected).toBe(true);
    },
  );
});

describe("processes that do not share one secret", () => {
  it.each([
    ["one has none", undefined, "is signed, and this process has no secret", "has no signature"],
    ["one has another", next, "is signed with another secret", "is signed with another secret"],
  ])("say so in one line each, and reach no client of each other: %s", async (_name, other, here, there) => {
    const messageQueue = await memory();
    const one = await startServer({ messageQueue, ...(other === undefined ? {} : { queueSecret: other }) });
    const two = await startServer({ messageQueue, queueSecret: old });
    const got = [record(await stock.connect(one.url)), record(await stock.connect(two.url))];
    for (let count = 0; count < 3; count += 1) {
      one.socketio.emit("news", "one");
      two.socketio.emit("news", "two");
    }
    await soon(() => [one, two].every(({ socketio }) => socketio.stats().messagesIgnored >= 4)).toBe(true);
    expect(complaints(one)).toEqual([expect.stringContaining(here)]);
    expect(complaints(two)).toEqual([expect.stringContaining(there)]);
    expect([...complaints(one), ...complaints(two)].every((line) => line.includes("queueSecret"))).toBe(true);
    expect(got.map((events) => new Set(events.map(([, value]) => value)))).toEqual([
      new Set(["one"]),
      new Set(["two"]),
    ]);
    expect(
      [one, two]
        .flatMap(({ log }) => log.lines)
        .join()
        .includes(old),
    ).toBe(false);
  });

  it("understand each other while the secret is changed, one step after the other", async () => {
    const messageQueue = await memory();
    const steps = [old, [old, next], [next, old], next];
    for (const [index, queueSecret] of steps.slice(1).entries()) {
      const before = await startServer({
        messageQueue,
        channel: `step-${index}`,
        queueSecret: steps[index] ?? old,
      });
      const after = await startServer({ messageQueue, channel: `step-${index}`, queueSecret });
      await joined([before, after]);
      const got = [record(await stock.connect(before.url)), record(await stock.connect(after.url))];
      before.socketio.emit("news", 1);
      after.socketio.emit("news", 2);
      await soon(() => got.map((events) => events.map(([, value]) => value).toSorted())).toEqual([
        [1, 2],
        [1, 2],
      ]);
      expect([before, after].flatMap(complaints)).toEqual([]);
    }
  });
});

describe("a request that one process relays to another with the same secret", () => {
  it.each([
    ["the same", old, old],
    ["one that is being changed", [old, next], [next, old]],
  ])("arrives, and no message has told the key: %s", async (_name, first, second) => {
    const messageQueue = await memory();
    const writer = await writeTo(messageQueue);
    await writer.hear("all");
    const one = await startServer({ messageQueue, queueSecret: first });
    const two = await startServer({ messageQueue, queueSecret: second });
    await joined([one, two]);
    const path = "/socket.io/?EIO=4&transport=polling";
    const handshake = await (await fetch(one.url + path)).text();
    const { sid } = JSON.parse(handshake.slice(1));
    const there = `${two.url}${path}&sid=${sid}`;
    expect((await fetch(there, { method: "POST", body: "40" })).status).toBe(200);
    expect(await (await fetch(there)).text()).toMatch(/^40\{"sid"/);

    const beats = writer.heard
      .map(({ bytes }) => decodeMessage(bytes.subarray(signedHeadLength), ""))
      .filter((message): message is HeartbeatMessage => message.type === "heartbeat");
    const relays = beats.map(({ relay }) => relay).filter((relay) => relay !== null);
    expect(relays.length).toBeGreaterThan(1);
    expect(relays.map(({ key }) => key)).toEqual(relays.map(() => null));
  });
});

/** Two processes of a recoverable namespace, and a client that has lost its connection to the first. */
async function setup(messageQueue: string) {
  const options: SocketIOOptions = { messageQueue, queueSecret: old, recovery: true };
  const [one, two] = [await startServer(options), await startServer(options)] as const;
  for (const { socketio } of [one, two]) {
    socketio.on("connect", async () => {
      if (request.recovered) return;
      session.name = "Ada";
      await joinRoom("red");
    });
    socketio.on("where", () => ({ name: session.name, rooms: rooms().slice(1) }));
  }
  const proxy = await TcpProxy.open(one.port);
  onTestFinished(() => proxy.stop());
  const eager = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 20 };
  const socket = await stock.connect(proxy.url, eager);
  const got = record(socket);
  one.socketio.emit("news", 1, { to: "red" });
  await soon(() => got.length).toBe(1);
  const lost = nextEvent(socket, "disconnect");
  proxy.cut();
  await lost;
  return {
    one,
    two,
    socket,
    got,
    /** The client comes back to the second process. Resolves to whether it is the same client. */
    async back(): Promise<boolean> {
      const connected = nextEvent(socket, "connect");
      proxy.leadTo(two.port);
      proxy.restore();
      await connected;
      return socket.recovered;
    },
  };
}

describe.each([
  { name: "Redis", skip: isSkipped("redis"), open: () => broker(Broker.redis()) },
  { name: "JetStream", skip: isSkipped("jetstream"), open: () => broker(Broker.jetStream()) },
])("recovery on $name with a secret", ({ skip, open }) => {
  it.skipIf(skip)("brings a client back to another process, with all that it has missed", async () => {
    const { one, two, socket, got, back } = await setup(await open());
    one.socketio.emit("news", 2, { to: "red" });
    expect(await back()).toBe(true);
    two.socketio.emit("news", 3, { to: "red" });
    await soon(() => got.map(([, value]) => value)).toEqual([1, 2, 3]);
    expect(await ask(socket, "where")).toEqual([{ name: "Ada", rooms: ["red"] }]);
    expect([one, two].flatMap(complaints)).toEqual([]);
  });
});

describe.skipIf(isSkipped("redis"))("the state on Redis of clients that are away, with a secret,", () => {
  async function setupWithRedis() {
    const url = await broker(Broker.redis());
    const parts = await setup(url);
    const redis = createClient({ url });
    await redis.connect();
    onTestFinished(() => redis.destroy());
    const find = async (pattern: string) => {
      const [key] = await redis.keys(pattern);
      if (key === undefined) throw new Error(`There is no key like ${pattern}.`);
      return key;
    };
    return { ...parts, redis, find };
  }

  it.each([
    ["a session that was changed", "d", (json: string) => json.replace("Ada", "Eve")],
    ["a record without a signature", "d", (json: string) => json.slice(json.indexOf("{"))],
    ["a room that was added", "r:managers", () => "0 9"],
  ])("is not believed where it holds %s: the client does not recover", async (_name, field, change) => {
    const { two, redis, find, socket, back } = await setupWithRedis();
    const key = await find("roomcast{*}:p:*");
    await redis.hSet(key, field, change((await redis.hGet(key, field)) ?? ""));
    expect(await back()).toBe(false);
    expect(await ask(socket, "where")).toEqual([{ name: "Ada", rooms: ["red"] }]);
    expect(complaints(two)).toHaveLength(1);
  });

  it("is rejected where it holds an event of another program: the client does not recover", async () => {
    const { one, two, redis, find, got, back } = await setupWithRedis();
    const stream = await find("roomcast{*}:s");
    const [entry] = (await redis.xRange(stream, "-", "+")) ?? [];
    await redis.xAdd(stream, "2-0", { t: entry?.message.t ?? "", d: "of a stranger" });
    await redis.hSet(await find("roomcast{*}:m"), "seq", "2");
    expect(await back()).toBe(false);
    one.socketio.emit("news", "after", { to: "red" });
    await soon(() => got.map(([, value]) => value)).toEqual([1, "after"]);
    expect(complaints(two).length).toBeGreaterThan(0);
  });

  it("reaches no client through a channel when another program has published it", async () => {
    const { two, redis, got, back } = await setupWithRedis();
    expect(await back()).toBe(true);
    const { epoch = "" } = await redis.hGetAll("roomcast{%2F}:m");
    const event = encodeMessage(eventTo(targetOf(), "of a stranger"));
    for (const start of [`e${epoch}:2:`, "p"]) {
      await redis.sPublish("roomcast{%2F}:b", Buffer.concat([Buffer.from(start), event]));
    }
    await soon(() => two.socketio.stats().messagesIgnored).toBe(2);
    two.socketio.emit("news", "of a process");
    await soon(() => got.map(([, value]) => value)).toEqual([1, "of a process"]);
  });
});

describe("the option queueSecret", () => {
  const make = (options: SocketIOOptions) => () => new SocketIO({ logger: new LogLines(), ...options });
  const messageQueue = "memory://options";

  it("takes no secret that can be guessed, and quotes none", () => {
    const short = "hunter2-hunter2-hunter2-hunter2";
    for (const queueSecret of [short, [old, short], [], ""]) {
      expect(make({ messageQueue, queueSecret })).toThrow(/at least 32 characters/);
      expect(make({ messageQueue, queueSecret })).not.toThrow(/hunter2/);
    }
    expect(make({ messageQueue, queueSecret: short })).toThrow("openssl rand -hex 32");
  });

  it("is an error where it is missing by mistake", () => {
    const environment: Record<string, string> = {};
    expect(make({ messageQueue, queueSecret: environment.QUEUE_SECRET })).toThrow(
      /"queueSecret".* is undefined/,
    );
  });

  it("is an error beside a format that has no signatures", () => {
    for (const format of ["redis-adapter", "python-socketio"] as const) {
      expect(make({ messageQueue: "redis://127.0.0.1:1", format, queueSecret: old })).toThrow(
        `"${format}" have no signatures`,
      );
    }
  });
});
