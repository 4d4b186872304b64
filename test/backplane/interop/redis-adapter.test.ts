import { describe, expect, it } from "vitest";
import { RedisAdapter } from "../../../src/backplane/interop/redis-adapter.ts";
import {
  decodeRequest,
  encodeBinary,
  encodeBroadcast,
  encodeJson,
} from "../../../src/backplane/interop/redis-adapter-message.ts";
import { clientIn, everyoneIn, type Target } from "../../../src/core/model/target.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import { ForeignSite, recordedCall } from "./foreign-site.ts";

const everyone = everyoneIn("/");
const [base, request, response] = ["socket.io#/#", "socket.io-request#/#", "socket.io-response#/#"];
const all = { rooms: [], except: [] };
const turn = () => new Promise(setImmediate);

/** This server with a namespace that has clients, among Socket.IO servers that the test plays. */
async function setup() {
  const site = new ForeignSite();
  const { bus, clock, clients, told } = site;
  const adapter = new RedisAdapter("socket.io", site);
  await adapter.open();
  adapter.onNamespaceOpen("/");
  told.length = 0;
  /** What was sent, each with its channel; events as lists of their parts. */
  const sent = () => bus.sent.map(({ subject, message }) => [subject, decodeRequest(message)] as const);
  const ask = (body: object) =>
    bus.listener.onMessage(request, encodeJson({ uid: "other", requestId: "id", opts: all, ...body }));
  /** The answers to requests of others. */
  const answers = () => sent().filter(([channel]) => channel === response);
  return { bus, clock, clients, told, adapter, sent, ask, answers };
}

function packet(...data: unknown[]) {
  return { type: 2, data, nsp: "/" };
}

/** Calls clients of other servers. The question is sent when the answers' channel is subscribed. */
async function call({ adapter }: Awaited<ReturnType<typeof setup>>, target: Target, timeout: number | null) {
  const { heard } = recordedCall(adapter, target, timeout);
  await turn();
  return heard;
}

describe("an event of this server", () => {
  it("goes to the channel of its only room, or else to that of the namespace", async () => {
    const { adapter, sent } = await setup();
    const emit = (target: Target, flags = {}) =>
      adapter.emit(target, new JsonEventPacket("/", "news", []), "news", [], flags);
    emit(everyone);
    emit({ ...everyone, rooms: ["red"] }, { volatile: true, compress: false });
    emit({ ...everyone, rooms: ["red", "blue"], skip: ["ada"] }, { compress: true });
    emit(clientIn("/", "ada"));
    const uid = expect.stringMatching(/^[0-9a-f]{6}$/);
    const options = { except: [], flags: {} };
    expect(sent()).toEqual([
      [base, [uid, packet("news"), { ...options, rooms: [] }]],
      [
        `${base}red#`,
        [uid, packet("news"), { rooms: ["red"], except: [], flags: { volatile: true, compress: false } }],
      ],
      [base, [uid, packet("news"), { ...options, rooms: ["red", "blue"], except: ["ada"] }]],
      [`${base}ada#`, [uid, packet("news"), { ...options, rooms: ["ada"] }]],
    ]);
  });

  it("is not delivered again when it comes back, and no request is carried out again", async () => {
    const { bus, clients, adapter, answers } = await setup();
    adapter.emit(everyone, new JsonEventPacket("/", "news", []), "news", [], {});
    await adapter.publish({ type: "close room", namespace: "/", room: "red" });
    for (const { subject, message } of [...bus.sent]) bus.listener.onMessage(subject, message);
    expect([clients.done, answers()]).toEqual([[], []]);
  });
});

describe("an event of another server", () => {
  it("is for the clients that its options name now, in its own namespace", async () => {
    const { bus, clients } = await setup();
    clients.add("ada", ["quiet"]);
    clients.add("bob");
    const receive = (channel: string, options: object, nsp = "/") =>
      bus.listener.onMessage(
        channel,
        encodeBroadcast("other", { ...packet("news"), nsp }, { ...all, ...options }),
      );
    receive(base, {});
    receive(base, { rooms: ["red", "blue"], except: ["quiet"], flags: { volatile: true } });
    receive(base, { rooms: [null] });
    receive(base, {}, "/chat");
    receive("socket.io#/chat#", {}, "/chat");
    expect(clients.done).toEqual([
      ["event", "everyone", "news", {}],
      ["event", "red,blue but ada", "news", { volatile: true }],
      ["event", "", "news", {}],
    ]);
  });

  it("is not even read where its room has no members here", async () => {
    const { bus, clients, told, adapter } = await setup();
    const unreadable = Buffer.from([0xc1]);
    const receive = () => bus.listener.onMessage(`${base}red#`, unreadable);
    receive();
    expect(told).toEqual([]);
    adapter.onRoomOpen("/", "red");
    adapter.onRoomOpen("/", "red");
    adapter.onRoomEmpty("/", "red");
    receive();
    receive();
    expect(told).toEqual([
      expect.stringContaining('the channels "socket.io" is ignored, since a message cannot be read'),
    ]);
    adapter.onRoomEmpty("/", "red");
    clients.add("ada", ["red"]);
    bus.listener.onMessage(
      `${base}red#`,
      encodeBroadcast("other", packet("news"), { rooms: ["red"], except: [] }),
    );
    expect(clients.done).toEqual([["event", "red", "news", {}]]);
  });
});

describe("a request of another server", () => {
  it("for the clients here, their ids or their rooms is answered", async () => {
    const { clients, ask, answers } = await setup();
    clients.add("ada", ["red"]);
    clients.add("bob", ["red", "blue"]);
    ask({ type: 0, rooms: ["blue"] });
    ask({ type: 0 });
    ask({ type: 1 });
    ask({ type: 5, opts: { rooms: ["red"], except: ["blue"] } });
    expect(answers().map(([, answer]) => answer)).toMatchObject([
      { requestId: "id", sockets: ["bob"] },
      { requestId: "id", sockets: ["ada", "bob"] },
      { requestId: "id", rooms: ["ada", "red", "bob", "blue"] },
      { requestId: "id", sockets: [{ id: "ada", rooms: ["ada", "red"] }] },
    ]);
  });

  it("moves and disconnects clients, without an answer", async () => {
    const { clients, ask, answers } = await setup();
    ask({ type: 2, opts: { rooms: ["red"], except: [] }, rooms: ["blue", 5] });
    ask({ type: 3, rooms: ["blue"] });
    ask({ type: 4, opts: { rooms: ["blue"], except: [] }, close: true });
    expect(clients.done).toEqual([
      ["join", "red", "blue", "5"],
      ["leave", "everyone", "blue"],
      ["disconnect", "blue", true],
    ]);
    expect(answers()).toEqual([]);
  });

  it("about one client, as older servers ask, is carried out and answered where that client is", async () => {
    const { clients, ask, answers } = await setup();
    clients.add("ada");
    const old = { opts: undefined };
    ask({ ...old, type: 2, sid: "ada", room: "red" });
    ask({ ...old, type: 4, sid: "ada", close: false });
    ask({ ...old, type: 2, sid: "far", room: "red" });
    ask({ ...old, type: 4, sid: null });
    expect(clients.done).toEqual([
      ["join", "ada", "red"],
      ["disconnect", "ada", false],
    ]);
    expect(answers().map(([, answer]) => answer)).toEqual([{ requestId: "id" }, { requestId: "id" }]);
  });

  it("that calls clients gets their number first, and then the first value of each answer", async () => {
    const { clients, ask, answers } = await setup();
    clients.add("ada");
    clients.add("bob");
    ask({ type: 7, packet: packet("ask", 1), opts: { ...all, flags: { timeout: 300 } } });
    ask({ type: 7 });
    expect(clients.done).toEqual([["call", "everyone", "ask", 1, 300]]);
    clients.called?.onAnswer("ada", ["yes", "and more"]);
    clients.called?.onFailure("bob", "timeout");
    clients.called?.onEnd([]);
    expect(answers().map(([, answer]) => answer)).toEqual([
      { requestId: "id", type: 8, clientCount: 2 },
      { requestId: "id", type: 9, packet: "yes" },
    ]);
  });

  it("that is an event for servers gets an empty answer, where it waits for one", async () => {
    const { ask, answers } = await setup();
    ask({ type: 6, requestId: undefined });
    ask({ type: 6 });
    expect(answers().map(([, answer]) => answer)).toEqual([{ requestId: "id", type: 6 }]);
  });

  it("of a kind that is not known is ignored with one line", async () => {
    const { ask, answers, told } = await setup();
    ask({ type: 77 });
    ask({ type: 78 });
    expect(answers()).toEqual([]);
    expect(told).toEqual([expect.stringContaining("since the type of a request is not known")]);
  });
});

describe("a request of this server", () => {
  it("moves and disconnects the clients of others, after the reason", async () => {
    const { adapter, sent } = await setup();
    const target = { ...everyone, rooms: ["red"], skip: ["ada"] };
    await adapter.publish({ type: "join", target, rooms: ["blue"] });
    await adapter.publish({ type: "leave", target, rooms: ["blue"] });
    await adapter.publish({ type: "close room", namespace: "/", room: "red" });
    const notice = { reason: "enough", retry: false };
    await adapter.publish({ type: "disconnect", target: clientIn("/", "ada"), close: true, notice });
    const opts = { rooms: ["red"], except: ["ada"] };
    expect(sent().map(([channel]) => channel)).toEqual([request, request, request, base, request]);
    expect(sent().map(([, body]) => body)).toMatchObject([
      { type: 2, opts, rooms: ["blue"] },
      { type: 3, opts, rooms: ["blue"] },
      { type: 3, opts: { rooms: ["red"], except: [] }, rooms: ["red"] },
      [expect.any(String), packet("disconnect_reason", notice), { rooms: ["ada"] }],
      { type: 4, opts: { rooms: ["ada"] }, close: true },
    ]);
  });

  it("that calls one client ends with its answer, whatever else comes", async () => {
    const parts = await setup();
    const heard = await call(parts, clientIn("/", "ada"), 1000);
    const [, { requestId }] = parts.sent()[0] ?? ["", { requestId: "" }];
    const receive = (answer: object) =>
      parts.bus.listener.onMessage(response, encodeBinary({ requestId, ...answer }));
    receive({ type: 8, clientCount: 1 });
    receive({ type: 9, packet: "yes" });
    receive({ type: 9, packet: "again" });
    expect(heard).toEqual([["ada", "yes"], "end"]);
  });

  it("that calls clients has a time limit of its own for the others, whose servers forget it then", async () => {
    const parts = await setup();
    await call(parts, everyone, null);
    const [one, several] = [await call(parts, clientIn("/", "ada"), 300), await call(parts, everyone, 300)];
    expect(parts.sent().map(([, { opts }]) => opts?.flags)).toEqual([
      { timeout: 60_000 },
      { timeout: 300 },
      { timeout: 300 },
    ]);
    parts.clock.advance(300);
    expect([one, several]).toEqual([[["ada", "timeout"], "end"], ["end"]]);
  });

  it("for clients takes answers for two seconds, or until the one client is found", async () => {
    const { bus, clock, adapter, sent } = await setup();
    const [listed, counted, found] = [
      adapter.sockets(everyone),
      adapter.count(everyone),
      adapter.sockets(clientIn("/", "ada")),
    ];
    await turn();
    const ids = sent().map(([, { requestId }]) => requestId);
    const answer = (requestId: string | undefined, ...sids: string[]) =>
      bus.listener.onMessage(
        response,
        encodeJson({ requestId, sockets: sids.map((id) => ({ id, rooms: ["red"] })) }),
      );
    for (const id of ids) answer(id);
    for (const id of ids) answer(id, "ada");
    expect((await found).sockets.map(({ sid, rooms }) => [sid, rooms])).toEqual([["ada", ["ada", "red"]]]);
    answer(ids[0], "bob");
    clock.advance(2000);
    expect((await listed).sockets.map(({ sid }) => sid)).toEqual(["ada", "bob"]);
    expect(await counted).toEqual({ count: 1, missing: [] });
  });

  it("without an answer ends with this process", async () => {
    const parts = await setup();
    const heard = await call(parts, everyone, null);
    const listed = parts.adapter.sockets(everyone);
    await parts.adapter.close();
    expect(heard).toEqual(["end"]);
    expect(await listed).toEqual({ sockets: [], missing: [] });
    expect([parts.bus.closings, parts.clock.holdingTimerCount]).toEqual([1, 0]);
  });
});

describe("the channels of a namespace", () => {
  it("are its own alone, whatever its name, and awaited until the bus confirms them", async () => {
    const { bus, clock, adapter } = await setup();
    bus.holdsConfirmations = true;
    const opened = adapter.onNamespaceOpen("/a*[b]?");
    const channels = [
      "socket.io#/a\\*\\[b\\]\\?#*",
      "socket.io-request#/a*[b]?#",
      "socket.io-response#/a*[b]?#",
    ];
    expect([...bus.subjects].slice(-3)).toEqual(channels);
    for (const channel of channels) bus.confirm(channel);
    await opened;
    expect(adapter.onNamespaceOpen("/a*[b]?")).toBeNull();
    adapter.onNamespaceEmpty("/a*[b]?");
    adapter.onNamespaceEmpty("/a*[b]?");
    clock.advance(5000);
    expect([...bus.subjects]).toEqual([`${base}*`, request, response]);
  });

  it("answer as long as they are subscribed, with clients or without", async () => {
    const { bus, clock, adapter, ask, answers } = await setup();
    adapter.onNamespaceEmpty("/");
    ask({ type: 0 });
    expect(answers()).toEqual([[response, { requestId: "id", sockets: [] }]]);
    clock.advance(5000);
    expect([...bus.subjects]).toEqual([]);
  });

  it("are not awaited while the bus is down, and clients are told that events may be lost", async () => {
    const { bus, clients, told, adapter } = await setup();
    bus.holdsConfirmations = true;
    bus.listener.onDown(new Error("gone"));
    expect(adapter.onNamespaceOpen("/chat")).toBeNull();
    bus.listener.onUp();
    expect([clients.done, told]).toEqual([[["gap"]], ["down: Error: gone", "up"]]);
  });
});
