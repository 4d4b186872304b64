/**
 * Beside python-socketio 5.14 and newer. A small client here speaks its queue format, because Debian's
 * package is older, and pickles.
 */

import { createClient } from "@redis/client";
import { joinRoom } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, record, StockClient, sidOf } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

const channel = "flask-socketio";
const stock = new StockClient("4.8", "websocket");

/** A process with python-socketio's RedisManager: the messages that it sends and receives. */
class PythonProcess {
  readonly hostId = "0123456789abcdef0123456789abcdef";
  readonly received: Record<string, unknown>[] = [];
  readonly #publish: (message: string | Buffer) => Promise<unknown>;

  private constructor(publish: (message: string | Buffer) => Promise<unknown>) {
    this.#publish = publish;
  }

  static async start(url: string): Promise<PythonProcess> {
    const publisher = createClient({ url });
    const subscriber = createClient({ url });
    await Promise.all([publisher.connect(), subscriber.connect()]);
    const python = new PythonProcess((message) => publisher.publish(channel, message));
    await subscriber.subscribe(channel, (text) => {
      // It skips messages that are not JSON, and its own messages, which JavaScript may be unable to read.
      const isOwn = text.includes(`"host_id":"${python.hostId}"`) && !text.includes('"method":"callback"');
      if (isOwn || !/^\{.*\}$/.test(text)) return;
      const message = JSON.parse(text) as Record<string, unknown>;
      if (message.host_id !== python.hostId || message.method === "callback") python.received.push(message);
    });
    onTestFinished(() => {
      publisher.destroy();
      subscriber.destroy();
    });
    return python;
  }

  async send(message: object): Promise<void> {
    await this.#publish(JSON.stringify({ host_id: this.hostId, ...message }));
  }

  async sendBytes(bytes: Buffer): Promise<void> {
    await this.#publish(bytes);
  }
}

async function start(): Promise<{ server: TestServer; other: TestServer; python: PythonProcess }> {
  const broker = await Broker.redis();
  onTestFinished(() => broker.kill());
  const options = { messageQueue: broker.url, channel, format: "python-socketio" } as const;
  const servers = [await startServer(options), await startServer(options)];
  for (const { socketio } of servers) socketio.on("join", (room: string) => joinRoom(room));
  const [server, other] = servers as [TestServer, TestServer];
  return { server, other, python: await PythonProcess.start(broker.url) };
}

const pythonSid = "Kx0V7bq_3t-hB2cQAAAB";

describe.skipIf(isSkipped("redis"))("beside python-socketio", () => {
  it("clients get what a Python process emits: to all, to a room, to one, and with all kinds of values", async () => {
    const { server, python } = await start();
    const [one, two] = [await stock.connect(server.url), await stock.connect(server.url)];
    const [first, second] = [record(one), record(two)];
    await ask(one, "join", "room");
    const base = { method: "emit", namespace: "/", room: null, skip_sid: null, callback: null };
    await python.send({ ...base, event: "plain", data: { a: "ü" } });
    await python.send({ ...base, event: "list", data: [[1, 2]] });
    await python.send({ ...base, event: "several", data: [1, "two"] });
    await python.send({ ...base, event: "none", data: [null] });
    await python.send({
      ...base,
      event: "bytes",
      binary: true,
      data: [[{ _placeholder: true, num: 0 }], "AAH/"],
    });
    await python.send({ ...base, event: "room", data: ["x"], room: "room" });
    await python.send({ ...base, event: "rooms", data: ["x"], room: ["room", sidOf(two)] });
    await python.send({ ...base, event: "skip", data: ["x"], skip_sid: sidOf(one) });
    await python.send({ ...base, event: "connect", data: ["x"] });
    await python.send({ ...base, event: "end", data: null });
    await soon(() => [first.at(-1), second.at(-1)]).toEqual([["end"], ["end"]]);
    const all = [
      ["plain", { a: "ü" }],
      ["list", [1, 2]],
      ["several", 1, "two"],
      ["none"],
      ["bytes", Buffer.from([0, 1, 255])],
    ];
    expect(first).toEqual([...all, ["room", "x"], ["rooms", "x"], ["end"]]);
    expect(second).toEqual([...all, ["rooms", "x"], ["skip", "x"], ["end"]]);
  });

  it("a Python process gets events from here, in its own format", async () => {
    const { server, python } = await start();
    const { socketio } = server;
    socketio.emit("plain", { a: 1 });
    socketio.emit("room", [1], { to: "room", namespace: "/chat" });
    socketio.emit("rooms", undefined, { to: ["a", "b"], skipSid: pythonSid });
    socketio.emit("bytes", Buffer.from([1]));
    await socketio.closeRoom("room");
    await socketio.joinRoom("room", { sid: "far" });
    await socketio.leaveRoom("room", { sid: "far" });
    await socketio.disconnect({ sid: "far" });
    await soon(() => python.received.length).toBe(8);
    const emit = {
      method: "emit",
      host_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      callback: null,
      skip_sid: null,
    };
    const sid = { host_id: expect.any(String), sid: "far", namespace: "/" };
    expect(python.received).toEqual([
      { ...emit, event: "plain", data: { a: 1 }, namespace: "/", room: null },
      { ...emit, event: "room", data: [[1]], namespace: "/chat", room: "room" },
      { ...emit, event: "rooms", data: null, namespace: "/", room: ["a", "b"], skip_sid: [pythonSid] },
      {
        ...emit,
        event: "bytes",
        data: [[{ _placeholder: true, num: 0 }], "AQ=="],
        binary: true,
        namespace: "/",
        room: null,
      },
      { method: "close_room", host_id: expect.any(String), room: "room", namespace: "/" },
      { method: "enter_room", room: "room", ...sid },
      { method: "leave_room", room: "room", ...sid },
      { method: "disconnect", ...sid },
    ]);
  });

  it("acknowledgements arrive in both directions, and between servers", async () => {
    const { server, other, python } = await start();
    const client = await stock.connect(server.url);
    client.on("question", (value: number, answer: (...values: unknown[]) => void) => answer(value + 1, "b"));
    const base = { method: "emit", event: "question", namespace: "/", skip_sid: null };
    await python.send({ ...base, data: [1], room: sidOf(client), callback: [sidOf(client), "/", 7] });
    await soon(() => python.received).toEqual([
      {
        method: "callback",
        host_id: python.hostId,
        sid: sidOf(client),
        namespace: "/",
        id: 7,
        args: [2, "b"],
      },
    ]);
    expect(await other.socketio.call("question", 5, { to: sidOf(client) })).toEqual([6, "b"]);
    await expect(other.socketio.call("question", 5, { to: "far", timeout: 50 })).rejects.toMatchObject({
      code: "ERR_TIMEOUT",
    });
    const asked = within(
      "the answer",
      Promise.resolve(other.socketio.call("question", 5, { to: "farther" })),
    );
    await soon(() => python.received.at(-1)).toMatchObject({ method: "emit", room: "farther" });
    const { host_id, callback } = python.received.at(-1) as { host_id: string; callback: unknown[] };
    await python.send({
      method: "callback",
      host_id,
      sid: "far",
      namespace: "/",
      id: callback[2],
      args: ["yes"],
    });
    expect(await asked).toBe("yes");
  });

  it("a Python process moves and disconnects clients here", async () => {
    const { server, python } = await start();
    const client = await stock.connect(server.url);
    const events = record(client);
    const which = { sid: sidOf(client), namespace: "/" };
    await python.send({ method: "enter_room", room: "a", ...which });
    await python.send({ method: "enter_room", room: "b", ...which });
    await python.send({ method: "leave_room", room: "b", ...which });
    await soon(() => server.socketio.rooms(which)).toEqual([sidOf(client), "a"]);
    await python.send({ method: "close_room", room: "a", namespace: "/" });
    await python.send({ method: "disconnect", ...which });
    await soon(() => client.connected).toBe(false);
    expect(events).toEqual([]);
  });

  it("a Python process puts no client into the room of another client of this server", async () => {
    const { server, python } = await start();
    const [ada, eve] = [await stock.connect(server.url), await stock.connect(server.url)];
    const which = { sid: sidOf(eve), namespace: "/" };
    await python.send({ method: "enter_room", room: sidOf(ada), ...which });
    await python.send({ method: "enter_room", room: "a", ...which });
    await soon(() => server.socketio.rooms(which)).toEqual([sidOf(eve), "a"]);
  });

  it("a room is reached by its number, as Python programs name it, also in lists and with all its digits", async () => {
    const { server, python } = await start();
    const client = await stock.connect(server.url);
    const events = record(client);
    const long = "9007199254740993";
    for (const room of ["5", "1.5", long]) await ask(client, "join", room);
    const emit = (event: string, room: string, more = "") =>
      python.sendBytes(
        Buffer.from(
          `{"method":"emit","host_id":"${python.hostId}","event":${JSON.stringify(event)},"data":NaN,"room":${room}${more}}`,
        ),
      );
    const heard = ["5", "[5]", '["unknown", 5]', "[true, null, 5]", "1.5", long, `[${long}]`];
    const unheard = [
      "6",
      "NaN",
      "[NaN]",
      "[]",
      "[null]",
      "[[5]]",
      "9007199254740992",
      '""',
      "Infinity",
      "{}",
    ];
    for (const room of heard) await emit(`to ${room}`, room);
    for (const room of unheard) await emit(`unheard ${room}`, room);
    await emit("namespace", "5", ',"namespace":5');
    await emit("other", "5", ',"namespace":"/other"');
    await emit("left out", "5", `,"skip_sid":[7, "${sidOf(client)}"]`);
    await emit("not left out", "5", ',"skip_sid":7,"namespace":""');
    await soon(() => events.at(-1)).toEqual(["not left out", null]);
    expect(events.map(([name]) => name)).toEqual([...heard.map((room) => `to ${room}`), "not left out"]);
  });

  it("clients are moved to rooms with numbers, and only by names", async () => {
    const { server, python } = await start();
    const client = await stock.connect(server.url);
    const sid = sidOf(client);
    const rooms = async () => (await server.socketio.rooms({ sid })).slice(1);
    await python.send({ method: "enter_room", sid, room: 7 });
    await python.send({ method: "enter_room", sid, room: null });
    await python.send({ method: "enter_room", sid: null, room: "all" });
    await python.send({ method: "enter_room", sid, room: 8, namespace: null });
    await soon(rooms).toEqual(["7", "8"]);
    await python.send({ method: "leave_room", sid, room: 7 });
    await soon(rooms).toEqual(["8"]);
    for (const nobody of [null, undefined, [], {}, ""])
      await python.send({ method: "disconnect", sid: nobody });
    await python.send({ method: "close_room", room: null });
    await python.send({ method: "close_room", room: 8 });
    await soon(rooms).toEqual([]);
    expect(client.connected).toBe(true);
  });

  it("an unusable message has a line in the log, once for each kind, and a trace event each time", async () => {
    const { server, python } = await start();
    const client = await stock.connect(server.url);
    const events = record(client);
    const emit = { method: "emit", event: "e", data: "x", namespace: "/" };
    for (let time = 0; time < 3; time += 1) {
      await python.send({ ...emit, room: true });
      await python.send({ ...emit, room: [["a"]] });
      await python.send({ ...emit, event: "connect" });
      await python.send({ ...emit, event: 5 });
      await python.send({ ...emit, namespace: 5 });
      await python.send({ ...emit, binary: true, data: [[{ _placeholder: true, num: 3 }], "AAH/"] });
      await python.send({ method: "explode" });
      await python.sendBytes(Buffer.from("{"));
    }
    await python.send({ ...emit, event: "after" });
    await soon(() => events).toEqual([["after", "x"]]);
    expect(server.log.lines.filter((line) => line.startsWith("warn")).toSorted()).toEqual([
      expect.stringMatching(/"flask-socketio" is ignored, since a message cannot be read/),
      expect.stringMatching(/since a message has no method/),
      expect.stringMatching(/since a message is not JSON/),
      expect.stringMatching(/since a namespace is no text/),
      expect.stringMatching(/since a room is a boolean/),
      expect.stringMatching(/since a room is a list/),
      expect.stringMatching(/since an event has a name/),
    ]);
    expect(server.trace.filter(({ type }) => type === "message ignored").length).toBe(24);
  });

  it("refuses pickled messages with one line in the log, and continues", async () => {
    const { server, python } = await start();
    const client = await stock.connect(server.url);
    const events = record(client);
    const pickle = Buffer.from("80049517000000000000007d948c066d6574686f64948c04656d697494732e", "hex");
    for (let time = 0; time < 3; time += 1) await python.sendBytes(pickle);
    await python.sendBytes(Buffer.from("not JSON"));
    await python.send({ method: "emit", event: "after", data: null, namespace: "/" });
    await soon(() => events).toEqual([["after"]]);
    const errors = server.log.lines.filter((line) => line.startsWith("error"));
    expect(errors).toEqual([
      expect.stringMatching(/does not unpickle.*Upgrade python-socketio there to 5\.14/),
    ]);
  });
});
