import { beforeEach, describe, expect, it, vi } from "vitest";
import { resolveOptions } from "../../src/base/options.ts";
import { Trace, type TraceEvent } from "../../src/base/trace.ts";
import type { CloseReason } from "../../src/engine/close-reason.ts";
import type { Connection, ConnectionListener } from "../../src/engine/connection.ts";
import { Engine, type EngineOwner } from "../../src/engine/engine.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { FakeClock } from "../support/fake-clock.ts";
import {
  type FakeBody,
  FakeExchange,
  FakeUpgradeExchange,
  fakeRequest,
  type RequestDetails,
} from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";

class Listener implements ConnectionListener {
  readonly connection: Connection;
  readonly heard: string[] = [];
  readonly ended: CloseReason[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onText(text: string, start: number): void {
    this.heard.push(text.slice(start));
  }

  onBinary(): void {}

  onClose(reason: CloseReason): void {
    this.ended.push(reason);
  }
}

class Owner implements EngineOwner {
  readonly clients: Listener[] = [];
  readonly warnings: string[] = [];
  readonly reported: unknown[] = [];

  onConnection(connection: Connection): ConnectionListener {
    const listener = new Listener(connection);
    this.clients.push(listener);
    return listener;
  }

  hasFile(name: string) {
    return name.endsWith(".js");
  }

  serveFile(name: string) {
    if (name === "broken.js") throw new Error("of the disk");
    return name === "socket.io.js" ? { status: 200, headers: {}, body: "script" } : undefined;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  report(error: unknown): void {
    this.reported.push(error);
  }
}

let clock: FakeClock;
let owner: Owner;
let traced: TraceEvent[];

beforeEach(() => {
  clock = new FakeClock();
  owner = new Owner();
  traced = [];
});

function makeEngine(options: object = {}): Engine {
  const trace = new Trace();
  trace.listen((event) => traced.push(event));
  return new Engine(resolveOptions(engineOptions, options, "the engine"), owner, clock, trace);
}

const polling = "/socket.io/?EIO=4&transport=polling";
const webSocket = "/socket.io/?EIO=4&transport=websocket";

function request(engine: Engine, url: string, details?: RequestDetails, body?: FakeBody): FakeExchange {
  const exchange = new FakeExchange(fakeRequest(url, details), body);
  engine.handleRequest(exchange);
  return exchange;
}

function upgrade(engine: Engine, url: string, details?: RequestDetails, delayed?: boolean) {
  const exchange = new FakeUpgradeExchange(fakeRequest(url, details), new FakeLink(), delayed);
  engine.handleUpgrade(exchange);
  return exchange;
}

/** What the handshake says, from its packet. */
function handshakeOf(packet: unknown): { sid: string; [setting: string]: unknown } {
  expect(String(packet).charAt(0)).toBe("0");
  return JSON.parse(String(packet).slice(1));
}

function connectPolling(engine: Engine): { sid: string; client: Listener } {
  const { sid } = handshakeOf(request(engine, polling).packets[0]);
  return { sid, client: owner.clients.at(-1) as Listener };
}

function connectWebSocket(engine: Engine): { link: FakeLink; client: Listener } {
  const { link } = upgrade(engine, webSocket);
  clock.endTick();
  return { link, client: owner.clients.at(-1) as Listener };
}

const poll = (engine: Engine, sid: string) => request(engine, `${polling}&sid=${sid}`);

async function post(engine: Engine, sid: string, body: FakeBody): Promise<FakeExchange> {
  const exchange = request(engine, `${polling}&sid=${sid}`, { method: "POST" }, body);
  await settled();
  return exchange;
}

/** Lets promises that are fulfilled come to their handlers. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** What a refusal says: its status, and Engine.IO's code. */
function refusalOf(exchange: FakeExchange | FakeUpgradeExchange): [number | undefined, unknown, unknown] {
  const response = exchange instanceof FakeExchange ? exchange.response : exchange.refusal;
  const { code, message } = JSON.parse(String(response?.body ?? "{}"));
  return [response?.status, code, message];
}

/** Nothing of any connection is left. */
function expectEmpty(engine: Engine): void {
  expect(engine.connectionCount).toBe(0);
  const { pings, pongs, clientPingTimeouts, upgrades, closeTimeouts } = engine;
  expect([pings, pongs, clientPingTimeouts, upgrades, closeTimeouts].map(({ size }) => size)).toEqual([
    0, 0, 0, 0, 0,
  ]);
  expect(clock.timerCount).toBe(0);
}

describe("Engine.owns", () => {
  it.each([
    ["/socket.io", "/socket.io", true],
    ["/socket.io", "/socket.io/", true],
    ["/socket.io", "/socket.io?EIO=4", true],
    ["/socket.io", "/socket.io/?EIO=4", true],
    ["/socket.io", "/socket.io/socket.io.js", true],
    ["/socket.io", "/socket.iox", false],
    ["/socket.io", "/socket.io.js", false],
    ["/socket.io", "/", false],
    ["/socket.io", "", false],
    ["/socket.io", "/a/socket.io/", false],
    ["/socket.io", "http://other/socket.io/", false],
    ["/socket.io/", "/socket.io/?EIO=4", true],
    ["/socket.io/", "/socket.io/socket.io.js", true],
    ["/socket.io/", "/socket.io", true],
    ["/socket.io/", "/socket.io?EIO=4", true],
    ["/socket.io", "/socket.io/nested/", false],
    ["/socket.io", "/socket.io/nested/?EIO=4&transport=websocket", false],
    ["/", "/", true],
    ["/", "/?EIO=4", true],
    ["/", "/socket.io.js", true],
    ["/", "/anything", false],
  ])("with the path %s says of %s: %s", (path, url, expected) => {
    expect(makeEngine({ path }).owns(url)).toBe(expected);
  });
});

describe("Engine, opening over polling", () => {
  it("answers at once with the connection's id and the server's settings", () => {
    const engine = makeEngine({ pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 5000 });
    const exchange = request(engine, polling);
    expect(exchange.status).toBe(200);
    const { sid, ...settings } = handshakeOf(exchange.packets[0]);
    expect(sid).toMatch(/^[\w-]{20}$/);
    expect(settings).toEqual({
      upgrades: ["websocket"],
      pingInterval: 300,
      pingTimeout: 200,
      maxPayload: 5000,
    });
    expect(exchange.packets).toHaveLength(1);
    expect(exchange.response?.headers).not.toHaveProperty("set-cookie");
    expect([engine.connectionCount, owner.clients.length]).toEqual([1, 1]);
    expect(owner.clients[0]?.connection.id).toBe(sid);
  });

  it.each([{ allowUpgrades: false }, { transports: ["polling"] }])("offers no upgrade with %o", (options) => {
    expect(handshakeOf(request(makeEngine(options), polling).packets[0]).upgrades).toEqual([]);
  });

  it("gives every connection an id and a number of its own", () => {
    const engine = makeEngine();
    const ids = [1, 2, 3].map(() => connectPolling(engine).sid);
    expect(new Set(ids).size).toBe(3);
    expect(owner.clients.map(({ connection }) => connection.number)).toEqual([1, 2, 3]);
  });

  it("remembers the request", () => {
    request(makeEngine(), `${polling}&token=x`, { address: "192.0.2.7" });
    const remembered = owner.clients[0]?.connection.request;
    expect([remembered?.query.get("token"), remembered?.address]).toEqual(["x", "192.0.2.7"]);
  });

  it("forgets a client that left before it was answered", () => {
    const engine = makeEngine();
    const exchange = new FakeExchange(fakeRequest(polling));
    exchange.abort();
    engine.handleRequest(exchange);
    expect(owner.clients[0]?.ended).toEqual(["transport error"]);
    expectEmpty(engine);
  });

  it.each<[unknown, RequestDetails, string]>([
    [true, {}, "io=SID; Path=/; HttpOnly; SameSite=Lax"],
    [true, { secure: true }, "io=SID; Path=/; HttpOnly; Secure; SameSite=Lax"],
    ["sticky", {}, "sticky=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{}, {}, "io=SID; Path=/; HttpOnly; SameSite=Lax"],
    [
      { name: "x", path: "/ws", httpOnly: false, maxAge: 60 },
      {},
      "x=SID; Max-Age=60; Path=/ws; SameSite=Lax",
    ],
  ])("sets the cookie %o once", async (cookie, details, expected) => {
    const engine = makeEngine({ cookie });
    const exchange = request(engine, polling, details);
    const { sid } = handshakeOf(exchange.packets[0]);
    expect(exchange.response?.headers["set-cookie"]).toBe(expected.replace("SID", sid));
    expect((await post(engine, sid, "4a")).response?.headers).not.toHaveProperty("set-cookie");
    const next = poll(engine, sid);
    owner.clients[0]?.connection.send(new OutgoingPacket("4a"));
    clock.endTick();
    expect(next.packets).toEqual(["4a"]);
    expect(next.response?.headers).not.toHaveProperty("set-cookie");
    expect(upgrade(engine, webSocket, details).headers?.["set-cookie"]).toContain(expected.split("=")[0]);
  });

  it("refuses a client whose cookie cannot be made, tells of it, and opens nothing", () => {
    const fault = new Error("no domain");
    const engine = makeEngine({
      cookie: {
        domain: () => {
          throw fault;
        },
      },
    });
    expect(request(engine, polling).response?.status).toBe(500);
    expect(upgrade(engine, webSocket).refusal?.status).toBe(500);
    expect(owner.reported).toEqual([fault, fault]);
    expect(engine.connectionCount).toBe(0);
  });
});

describe("Engine, whose cookie an application's function makes", () => {
  it("refuses a client whose cookie cannot be, says why, and opens nothing", () => {
    const engine = makeEngine({ cookie: { path: () => "/a\r\nset-cookie: b" } });
    expect(request(engine, polling).response?.status).toBe(500);
    expect(upgrade(engine, webSocket).refusal?.status).toBe(500);
    expect(owner.reported.map(String)).toEqual(
      Array(2).fill(expect.stringContaining('The function "path" of the option "cookie" must give a path')),
    );
    expect(engine.connectionCount).toBe(0);
  });
});

describe("Engine, opening over a WebSocket", () => {
  it("sends the handshake as the first message, and offers no upgrade", () => {
    const engine = makeEngine();
    const { link, client } = connectWebSocket(engine);
    expect(link.messages).toHaveLength(1);
    expect(handshakeOf(link.messages[0])).toEqual({
      sid: client.connection.id,
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    });
  });

  it("opens no connection when the handshake fails", () => {
    const engine = makeEngine();
    const exchange = upgrade(engine, webSocket, {}, true);
    expect(exchange.headers).toEqual({});
    expectEmpty(engine);
  });

  it("forgets a connection whose WebSocket is gone", () => {
    const engine = makeEngine();
    const { link, client } = connectWebSocket(engine);
    link.end();
    expect(client.ended).toEqual(["transport close"]);
    expectEmpty(engine);
  });
});

describe("Engine, with clients of version 3", () => {
  const eio3Polling = "/socket.io/?EIO=3&transport=polling";
  const eio3WebSocket = "/socket.io/?EIO=3&transport=websocket";
  const options = { allowEIO3: true, pingInterval: 1000, pingTimeout: 500 };

  function connectOldPolling(engine: Engine, url = eio3Polling): { sid: string; client: Listener } {
    const [, packet] = request(engine, url).text?.split(/^\d+:/) ?? [];
    return { sid: handshakeOf(packet).sid, client: owner.clients.at(-1) as Listener };
  }

  function connectOldWebSocket(engine: Engine, url = eio3WebSocket): { link: FakeLink; client: Listener } {
    const { link } = upgrade(engine, url);
    clock.endTick();
    return { link, client: owner.clients.at(-1) as Listener };
  }

  it("opens polling with the length in front of each packet", () => {
    const engine = makeEngine(options);
    const { text, response } = request(engine, eio3Polling);
    const [length, ...rest] = text?.split(":") ?? [];
    expect(rest.join(":")).toHaveLength(Number(length));
    expect(handshakeOf(rest.join(":"))).toMatchObject({ pingInterval: 1000, upgrades: ["websocket"] });
    expect(response?.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(owner.clients[0]?.connection.version).toBe(3);
  });

  it("carries binary both ways, as bytes and as base64", async () => {
    const engine = makeEngine(options);
    const binary = new OutgoingPacket("451-", [Buffer.from([1])]);
    const bytes = connectOldPolling(engine);
    const answer = request(engine, `${eio3Polling}&sid=${bytes.sid}`);
    bytes.client.connection.send(binary);
    clock.endTick();
    expect(answer.response?.headers["content-type"]).toBe("application/octet-stream");
    expect(answer.response?.body).toEqual(Buffer.from([0, 4, 255, ...Buffer.from("451-"), 1, 2, 255, 4, 1]));
    const details = { method: "POST", headers: { "content-type": "application/octet-stream" } };
    request(engine, `${eio3Polling}&sid=${bytes.sid}`, details, Buffer.from([0, 2, 255, 52, 97]));
    await settled();
    expect(bytes.client.heard).toEqual(["a"]);

    const text = connectOldPolling(engine, `${eio3Polling}&b64=1`);
    const second = request(engine, `${eio3Polling}&sid=${text.sid}`);
    text.client.connection.send(binary);
    clock.endTick();
    expect(second.text).toBe("4:451-6:b4AQ==");
    const { link } = connectOldWebSocket(engine, `${eio3WebSocket}&b64=1`);
    owner.clients.at(-1)?.connection.send(binary);
    clock.endTick();
    expect(link.messages.slice(1)).toEqual(["451-", "b4AQ=="]);
  });

  it("answers pings, at most once a tick, and counts them as signs of life", () => {
    const engine = makeEngine(options);
    const { link, client } = connectOldWebSocket(engine);
    link.receive("2");
    link.receive("2");
    clock.endTick();
    expect(link.messages.slice(1)).toEqual(["3"]);
    for (let round = 0; round < 5; round += 1) {
      clock.advance(1400);
      link.receive("2");
    }
    expect(client.ended).toEqual([]);
    clock.endTick();
    expect(link.messages).not.toContain("2");
  });

  it("gives up on a client that is silent, and not before", () => {
    const engine = makeEngine(options);
    const { client } = connectOldWebSocket(engine);
    clock.advance(1499);
    expect(client.ended).toEqual([]);
    clock.advance(40);
    expect(client.ended).toEqual(["ping timeout"]);
    expectEmpty(engine);
  });

  it("changes from polling to a WebSocket, and back to none", async () => {
    const engine = makeEngine(options);
    const { sid, client } = connectOldPolling(engine);
    const waiting = request(engine, `${eio3Polling}&sid=${sid}`);
    const { link } = upgrade(engine, `${eio3WebSocket}&sid=${sid}`);
    link.receive("2probe");
    expect([link.messages, waiting.text]).toEqual([["3probe"], "1:6"]);
    link.receive("5");
    client.connection.send(new OutgoingPacket("451-", [Buffer.from([1])]));
    clock.endTick();
    expect(link.messages.slice(1)).toEqual(["451-", Buffer.from([4, 1])]);
    link.receive(Buffer.from([9]));
    expect(client.ended).toEqual(["parse error"]);
    expectEmpty(engine);
  });

  it("says goodbye in the form of its version", () => {
    const engine = makeEngine(options);
    const { sid, client } = connectOldPolling(engine);
    const waiting = request(engine, `${eio3Polling}&sid=${sid}`);
    client.connection.close("forced close");
    clock.endTick();
    expect(waiting.text).toBe("1:1");
    expectEmpty(engine);
  });

  it("takes no requests of another version within a session", async () => {
    const engine = makeEngine(options);
    const old = connectOldPolling(engine);
    const { sid } = connectPolling(engine);
    const wrong = [
      request(engine, `${polling}&sid=${old.sid}`),
      request(engine, `${eio3Polling}&sid=${sid}`),
      upgrade(engine, `${webSocket}&sid=${old.sid}`),
      upgrade(engine, `${eio3WebSocket}&sid=${sid}`),
    ];
    expect(wrong.map(refusalOf)).toEqual(wrong.map(() => [400, 3, "Bad request"]));
    expect(owner.clients.map(({ connection }) => connection.isOpen)).toEqual([true, true]);
  });

  it("refuses JSONP with the reason", () => {
    expect(refusalOf(request(makeEngine(options), `${eio3Polling}&j=0`))).toEqual([
      400,
      3,
      "JSONP polling is not supported: use XHR polling or WebSocket",
    ]);
  });

  it("refuses them unless they are allowed, and tells the operator once", () => {
    const engine = makeEngine();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(refusalOf(request(engine, eio3Polling))).toEqual([400, 5, "Unsupported protocol version"]);
    }
    expect(refusalOf(upgrade(engine, eio3WebSocket))).toEqual([400, 5, "Unsupported protocol version"]);
    expect(owner.warnings).toEqual([expect.stringContaining("allowEIO3: true")]);
    expect(traced).toHaveLength(4);
  });

  it("does not answer pings of newer clients", () => {
    const engine = makeEngine(options);
    const { link, client } = connectWebSocket(engine);
    link.receive("2");
    expect(client.ended).toEqual(["parse error"]);
  });
});

describe("Engine, refusing", () => {
  const unknownTransport = [400, 0, "Transport unknown"];
  const unknownSession = [400, 1, "Session ID unknown"];
  const unsupportedVersion = [400, 5, "Unsupported protocol version"];

  it.each([
    ["no query", "/socket.io/", unknownTransport],
    ["no query at all", "/socket.io", unknownTransport],
    ["no transport", "/socket.io/?EIO=4", unknownTransport],
    ["an empty transport", "/socket.io/?EIO=4&transport=", unknownTransport],
    ["an unknown transport", "/socket.io/?EIO=4&transport=tin-can", unknownTransport],
    ["__proto__ as a transport", "/socket.io/?EIO=4&transport=__proto__", unknownTransport],
    ["constructor as a transport", "/socket.io/?EIO=4&transport=constructor", unknownTransport],
    ["a WebSocket that is none", webSocket, unknownTransport],
    ["two transports, by the first", "/socket.io/?EIO=4&transport=x&transport=polling", unknownTransport],
    ["a transport as a list", "/socket.io/?EIO=4&transport[]=polling", unknownTransport],
    ["no version", "/socket.io/?transport=polling", unsupportedVersion],
    ["an older version", "/socket.io/?EIO=3&transport=polling", unsupportedVersion],
    ["a later version", "/socket.io/?EIO=5&transport=polling", unsupportedVersion],
    ["an empty version", "/socket.io/?EIO=&transport=polling", unsupportedVersion],
    ["a version that is none", "/socket.io/?EIO=4.0&transport=polling", unsupportedVersion],
    ["two versions, by the first", "/socket.io/?EIO=3&EIO=4&transport=polling", unsupportedVersion],
    ["an unknown session", `${polling}&sid=nobody`, unknownSession],
    ["an empty session", `${polling}&sid=`, unknownSession],
    ["__proto__ as a session", `${polling}&sid=__proto__`, unknownSession],
    ["constructor as a session", `${polling}&sid=constructor`, unknownSession],
    ["JSONP", `${polling}&j=0`, [400, 3, "JSONP polling is not supported: use XHR polling or WebSocket"]],
  ])("refuses %s", (_, url, refusal) => {
    const engine = makeEngine();
    expect(refusalOf(request(engine, url))).toEqual(refusal);
    expect(traced.map(({ type }) => type)).toEqual(["request refused"]);
    expectEmpty(engine);
  });

  it.each([
    ["an unknown transport", "/socket.io/?EIO=4&transport=__proto__", unknownTransport],
    ["polling", polling, unknownTransport],
    ["another version", "/socket.io/?EIO=3&transport=websocket", unsupportedVersion],
    ["an unknown session", `${webSocket}&sid=nobody`, unknownSession],
    ["an empty session", `${webSocket}&sid=`, unknownSession],
  ])("refuses to upgrade for %s", (_, url, refusal) => {
    const engine = makeEngine();
    const exchange = upgrade(engine, url);
    expect([refusalOf(exchange), exchange.headers]).toEqual([refusal, null]);
    expectEmpty(engine);
  });

  it("refuses transports that are switched off", () => {
    expect(refusalOf(request(makeEngine({ transports: ["websocket"] }), polling))).toEqual(unknownTransport);
    expect(refusalOf(upgrade(makeEngine({ transports: ["polling"] }), webSocket))).toEqual(unknownTransport);
  });

  it.each(["POST", "PUT", "DELETE", "HEAD"])("refuses a handshake by %s", (method) => {
    const exchange = request(makeEngine(), polling, { method });
    expect(refusalOf(exchange)).toEqual([400, 2, "Bad handshake method"]);
  });

  it("refuses other methods within a session, which lives on", () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    for (const method of ["PUT", "DELETE", "HEAD"]) {
      const exchange = request(engine, `${polling}&sid=${sid}`, { method });
      expect(refusalOf(exchange)).toEqual([400, 3, "Bad request"]);
    }
    expect(client.connection.isOpen).toBe(true);
  });

  it("refuses polling within a session that is on a WebSocket", () => {
    const engine = makeEngine();
    const { client } = connectWebSocket(engine);
    const { id } = client.connection;
    expect(refusalOf(poll(engine, id))).toEqual([400, 3, "Bad request"]);
    expect(refusalOf(request(engine, `${polling}&sid=${id}`, { method: "POST" }))).toEqual([
      400,
      3,
      "Bad request",
    ]);
    expect(client.connection.isOpen).toBe(true);
  });

  it("refuses upgrades where they are switched off", () => {
    const engine = makeEngine({ allowUpgrades: false });
    const { sid } = connectPolling(engine);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`))).toEqual([400, 3, "Bad request"]);
  });

  it("tells of what it refuses", () => {
    request(makeEngine(), "/socket.io/?EIO=4&transport=x", { method: "POST", address: "192.0.2.9" });
    expect(traced).toEqual([
      {
        type: "request refused",
        status: 400,
        message: "Transport unknown",
        method: "POST",
        path: "/socket.io/",
        address: "192.0.2.9",
      },
    ]);
  });
});

describe("Engine, leading requests to their connection", () => {
  it("takes polls and posts", async () => {
    const engine = makeEngine();
    const [one, other] = [connectPolling(engine), connectPolling(engine)];
    const waiting = poll(engine, one.sid);
    expect((await post(engine, one.sid, "4hello")).text).toBe("ok");
    one.client.connection.send(new OutgoingPacket("4world"));
    clock.endTick();
    expect([waiting.packets, one.client.heard, other.client.heard]).toEqual([["4world"], ["hello"], []]);
  });

  it("moves a connection to a WebSocket, once", async () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${sid}`);
    const second = upgrade(engine, `${webSocket}&sid=${sid}`).link;
    link.receive("2probe");
    link.receive("5");
    link.receive("4hello");
    const third = upgrade(engine, `${webSocket}&sid=${sid}`).link;
    expect([link, second, third].map(({ endings }) => endings)).toEqual([[], ["close"], ["close"]]);
    for (const late of [second, third]) {
      late.receive("2probe");
      late.receive("5");
      late.end();
      expect(late.messages).toEqual([]);
    }
    expect(client.heard).toEqual(["hello"]);
    expect([client.connection.transportName, owner.clients.length]).toEqual(["websocket", 1]);
    expect(refusalOf(poll(engine, sid))).toEqual([400, 3, "Bad request"]);
    link.end();
    expectEmpty(engine);
  });

  it("cuts a WebSocket that its session has no place for, when it does not answer the closing", () => {
    const engine = makeEngine();
    const { client } = connectWebSocket(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${client.connection.id}`);
    expect(link.endings).toEqual(["close"]);
    clock.advance(10_000);
    expect(link.endings).toEqual(["close", "terminate"]);
  });

  it("lets one of two WebSockets win that open at the same time", () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    const exchanges = [1, 2].map(() => upgrade(engine, `${webSocket}&sid=${sid}`, {}, true));
    for (const exchange of exchanges) exchange.complete();
    for (const { link } of exchanges) {
      link.receive("2probe");
      link.receive("5");
      link.receive("4hello");
    }
    expect(exchanges.map(({ link }) => link.endings)).toEqual([[], ["close"]]);
    expect(client.heard).toEqual(["hello"]);
    exchanges[1]?.link.end();
    client.connection.terminate("forced close");
    expectEmpty(engine);
  });

  it("closes a WebSocket whose connection ended while it was being opened", () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    const exchange = upgrade(engine, `${webSocket}&sid=${sid}`, {}, true);
    client.connection.terminate("forced close");
    exchange.complete();
    expect(exchange.link.endings).toEqual(["close"]);
    exchange.link.end();
    expectEmpty(engine);
  });

  it("gives up an upgrade that takes too long, and goes on with polling", () => {
    const engine = makeEngine({ upgradeTimeout: 1000 });
    const { sid, client } = connectPolling(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${sid}`);
    clock.advance(999);
    expect(link.endings).toEqual([]);
    clock.advance(1);
    expect(link.endings).toEqual(["terminate"]);
    expect([client.connection.isOpen, engine.upgrades.size]).toEqual([true, 0]);
    expect(poll(engine, sid).responses).toEqual([]);
  });

  it("knows a session no more that has ended", async () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    await post(engine, sid, "1");
    expect(client.ended).toEqual(["transport close"]);
    expect(refusalOf(poll(engine, sid))).toEqual([400, 1, "Session ID unknown"]);
    expectEmpty(engine);
  });

  it.each([
    [300, 200],
    [25_000, 20_000],
    [7, 3],
  ])(
    "ends a session when pingInterval (%i ms) and pingTimeout (%i ms) are over, over both transports",
    (pingInterval, pingTimeout) => {
      const engine = makeEngine({ pingInterval, pingTimeout });
      const { sid, client } = connectPolling(engine);
      const { client: other } = connectWebSocket(engine);
      clock.advance(Math.floor((pingInterval + pingTimeout) * 0.99));
      expect([client.ended, other.ended]).toEqual([[], []]);
      clock.advance(Math.ceil((pingInterval + pingTimeout) * 0.01));
      expect([client.ended, other.ended]).toEqual([["ping timeout"], ["ping timeout"]]);
      expect(refusalOf(poll(engine, sid))).toEqual([400, 1, "Session ID unknown"]);
      expectEmpty(engine);
    },
  );

  it("probes clients together that connected shortly one after the other, at most a hundredth too early", () => {
    const engine = makeEngine({ pingInterval: 1000, pingTimeout: 500 });
    const links = [0, 5, 5].map((wait) => {
      clock.advance(wait);
      return connectWebSocket(engine).link;
    });
    const pinged = () => links.map(({ messages }) => messages.at(-1) === "2");
    clock.advance(996 - 10);
    expect(pinged()).toEqual([false, false, false]);
    clock.advance(1);
    expect(pinged()).toEqual([true, true, false]);
    clock.advance(10);
    expect(pinged()).toEqual([true, true, true]);
  });

  it("ends a client that does not answer its heartbeat, and no other", () => {
    const engine = makeEngine({ pingInterval: 1000, pingTimeout: 500 });
    const [silent, alive] = [connectWebSocket(engine), connectWebSocket(engine)];
    clock.advance(997);
    expect([silent, alive].map(({ link }) => link.messages.at(-1))).toEqual(["2", "2"]);
    expect(silent.link.writes.at(-1)).toBe(alive.link.writes.at(-1));
    alive.link.receive("3");
    clock.advance(499);
    expect([silent.client.ended, alive.client.ended]).toEqual([[], []]);
    clock.advance(1);
    expect([silent.client.ended, alive.client.ended]).toEqual([["ping timeout"], []]);
    expect(engine.connectionCount).toBe(1);
  });
});

describe("Engine, serving files and preflights", () => {
  it("serves files below its path", () => {
    const engine = makeEngine();
    expect(request(engine, "/socket.io/socket.io.js?v=1").text).toBe("script");
    expect(request(engine, "/socket.io/nothing.js").status).toBe(404);
    expect(request(engine, "/socket.io/socket.io.js", { method: "POST" }).status).toBe(404);
  });

  it("answers a preflight", () => {
    const engine = makeEngine({ cors: { origin: "https://app.example" } });
    const headers = { origin: "https://app.example", host: "chat.example" };
    const exchange = request(engine, polling, { method: "OPTIONS", headers });
    expect(exchange.status).toBe(204);
    expect(exchange.response?.headers["access-control-allow-methods"]).toBe("GET,POST");
    expectEmpty(engine);
  });

  it("adds the CORS fields to every answer, refusals too", async () => {
    const engine = makeEngine({ cors: { origin: "https://app.example" } });
    const details = { headers: { origin: "https://app.example", host: "chat.example" } };
    const allowed = (exchange: FakeExchange) => exchange.response?.headers["access-control-allow-origin"];
    const opening = request(engine, polling, details);
    const { sid } = handshakeOf(opening.packets[0]);
    const posting = request(engine, `${polling}&sid=${sid}`, { ...details, method: "POST" }, "4a");
    await settled();
    const refused = request(engine, `${polling}&sid=x`, details);
    expect([opening, posting, refused].map(allowed)).toEqual(Array(3).fill("https://app.example"));
  });
});

describe("Engine, checking origins", () => {
  const foreign = { headers: { origin: "https://evil.example", host: "chat.example" } };

  it("refuses other sites' pages on both transports, also within a session", () => {
    const engine = makeEngine();
    const { sid } = connectPolling(engine);
    const forbidden = [403, 4, "Origin not allowed"];
    expect(refusalOf(request(engine, polling, foreign))).toEqual(forbidden);
    expect(refusalOf(upgrade(engine, webSocket, foreign))).toEqual(forbidden);
    expect(refusalOf(request(engine, `${polling}&sid=${sid}`, foreign))).toEqual(forbidden);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`, foreign))).toEqual(forbidden);
    expect(owner.clients).toHaveLength(1);
  });

  it("warns once of each origin, says how to let it in, and cannot be made to fill the log", () => {
    const engine = makeEngine();
    request(engine, polling, foreign);
    upgrade(engine, webSocket, foreign);
    expect(owner.warnings).toHaveLength(1);
    expect(owner.warnings[0]).toContain('cors: { origin: "https://evil.example" }');
    for (let count = 0; count < 300; count += 1) {
      request(engine, polling, {
        headers: { origin: `https://e${count}.example\n${"x".repeat(1000)}`, host: "h" },
      });
    }
    expect(owner.warnings).toHaveLength(100);
    for (const warning of owner.warnings) {
      expect(warning.length).toBeLessThan(1000);
      expect(warning).not.toContain("\n");
    }
  });

  it("survives a function of the application that throws, on both transports", () => {
    const error = new TypeError("Invalid URL");
    const engine = makeEngine({
      cors: {
        origin: () => {
          throw error;
        },
      },
    });
    expect(refusalOf(request(engine, polling, foreign))[0]).toBe(403);
    expect(refusalOf(upgrade(engine, webSocket, foreign))[0]).toBe(403);
    expect(new Set(owner.reported)).toEqual(new Set([error]));
  });
});

describe("Engine, asking allowRequest", () => {
  it.each<[string, () => unknown, boolean]>([
    ["true", () => true, true],
    ["a promise of true", async () => true, true],
    ["false", () => false, false],
    ["a promise of false", async () => false, false],
    ["nothing", () => undefined, false],
  ])("with the answer %s", async (_, allowRequest, allowed) => {
    const engine = makeEngine({ allowRequest });
    const [exchange, upgrading] = [request(engine, polling), upgrade(engine, webSocket)];
    await settled();
    if (allowed) {
      expect([exchange.status, upgrading.headers]).toEqual([200, {}]);
      expect(engine.connectionCount).toBe(2);
    } else {
      expect([exchange, upgrading].map(refusalOf)).toEqual(Array(2).fill([403, 4, "Forbidden"]));
      expectEmpty(engine);
    }
    expect(owner.reported).toEqual([]);
  });

  it.each<[string, (error: Error) => unknown]>([
    [
      "throws",
      (error) => {
        throw error;
      },
    ],
    ["rejects", (error) => Promise.reject(error)],
  ])("refuses, and reports it, when that %s", async (_, fail) => {
    const error = new Error("of the database");
    const engine = makeEngine({ allowRequest: () => fail(error) });
    const exchange = request(engine, polling);
    await settled();
    expect(refusalOf(exchange)).toEqual([403, 4, "Forbidden"]);
    expect(owner.reported).toEqual([error]);
    expectEmpty(engine);
  });

  it("asks for handshakes alone, with the request", async () => {
    const allowRequest = vi.fn(() => true);
    const engine = makeEngine({ allowRequest });
    const exchange = request(engine, polling);
    await settled();
    const { sid } = handshakeOf(exchange.packets[0]);
    poll(engine, sid);
    upgrade(engine, `${webSocket}&sid=${sid}`);
    expect(allowRequest.mock.calls).toEqual([[exchange.request]]);
  });

  it("opens nothing for clients that have left, or once the server has begun to stop", async () => {
    let allow: (allowed: boolean) => void = () => {};
    const engine = makeEngine({ allowRequest: () => new Promise((resolve) => (allow = resolve)) });
    const gone = request(engine, polling);
    gone.abort();
    allow(true);
    await settled();
    expectEmpty(engine);
    const late = request(engine, polling);
    await engine.close(1000);
    allow(true);
    await settled();
    expect(refusalOf(late)).toEqual([503, 3, "Server shutting down"]);
    expectEmpty(engine);
  });
});

describe("Engine, when something of its own goes wrong", () => {
  it("answers a request for a file with an error, and reports it", () => {
    const exchange = request(makeEngine(), "/socket.io/broken.js");
    expect(refusalOf(exchange)).toEqual([500, 3, "Internal server error"]);
    expect(exchange.text).not.toContain("of the disk");
    expect(owner.reported).toEqual([new Error("of the disk")]);
  });

  it.each([null, () => true])(
    "refuses a client that the layer above cannot take (allowRequest %o)",
    async (allowRequest) => {
      const error = new Error("of the layer above");
      owner.onConnection = () => {
        throw error;
      };
      const engine = makeEngine({ allowRequest });
      const [exchange, upgrading] = [request(engine, polling), upgrade(engine, webSocket)];
      await settled();
      expect(refusalOf(exchange)).toEqual([500, 3, "Internal server error"]);
      expect(upgrading.link.endings).toEqual(["terminate"]);
      expect(owner.reported).toEqual([error, error]);
      expectEmpty(engine);
    },
  );

  it("sends the handshake first although the layer above would send already", () => {
    owner.onConnection = (connection) => {
      expect(connection.send(new OutgoingPacket("4early"))).toBe(false);
      connection.close("forced close");
      connection.terminate("forced close");
      return new Listener(connection);
    };
    const engine = makeEngine();
    const { packets } = request(engine, polling);
    expect(packets).toHaveLength(1);
    handshakeOf(packets[0]);
    expect(engine.connectionCount).toBe(1);
  });
});

describe("Engine.close", () => {
  it("resolves at once where no client is connected", async () => {
    const engine = makeEngine();
    await engine.close(1000);
    expectEmpty(engine);
  });

  it("refuses new clients, on both transports, and lets those that are there take their leave", async () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    client.connection.send(new OutgoingPacket("4bye"));
    const closing = engine.close(1000);
    expect(client.ended).toEqual(["server shutting down"]);
    const shuttingDown = [503, 3, "Server shutting down"];
    expect(refusalOf(request(engine, polling))).toEqual(shuttingDown);
    expect(refusalOf(upgrade(engine, webSocket))).toEqual(shuttingDown);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`))).toEqual([400, 3, "Bad request"]);
    expect((await post(engine, sid, "4late")).text).toBe("ok");
    expect(poll(engine, sid).packets).toEqual(["4bye"]);
    clock.endTick();
    expect(poll(engine, sid).packets).toEqual(["1"]);
    await closing;
    expect(client.heard).toEqual([]);
    expectEmpty(engine);
  });

  it("sends the last packets at once, and closes WebSockets after them", async () => {
    const engine = makeEngine();
    const { link, client } = connectWebSocket(engine);
    link.writes.length = 0;
    client.connection.send(new OutgoingPacket("4bye"));
    const closing = engine.close(1000);
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    link.end();
    await closing;
    expect(client.ended).toEqual(["server shutting down"]);
    expectEmpty(engine);
  });

  it("cuts off, when the time is over, clients that have not taken leave", async () => {
    const engine = makeEngine();
    const { link } = connectWebSocket(engine);
    connectPolling(engine);
    const { sid } = connectPolling(engine);
    const upgrading = upgrade(engine, `${webSocket}&sid=${sid}`);
    let done = false;
    const closing = engine.close(1000).then(() => {
      done = true;
    });
    clock.advance(999);
    await settled();
    expect([done, engine.connectionCount]).toEqual([false, 3]);
    clock.advance(1);
    await closing;
    expect([link.endings, upgrading.link.endings]).toEqual([["close", "fail"], ["terminate"]]);
    for (const { ended } of owner.clients) expect(ended).toEqual(["server shutting down"]);
    expectEmpty(engine);
  });

  it("keeps the process alive until then, and no longer", async () => {
    const engine = makeEngine();
    const { link } = connectWebSocket(engine);
    const closing = engine.close(1000);
    expect(clock.holdingTimerCount).toBe(1);
    link.end();
    await closing;
    expect(clock.holdingTimerCount).toBe(0);
  });

  it("may be called again, with another time", async () => {
    const engine = makeEngine();
    const { client } = connectWebSocket(engine);
    const closings = [engine.close(5000), engine.close(100)];
    clock.advance(100);
    await Promise.all(closings);
    await engine.close(100);
    expect(client.ended).toEqual(["server shutting down"]);
    expectEmpty(engine);
  });

  it("closes a connection whose WebSocket was still being opened", async () => {
    const engine = makeEngine();
    const exchange = upgrade(engine, webSocket, {}, true);
    await engine.close(1000);
    exchange.complete();
    clock.endTick();
    expect(owner.clients[0]?.ended).toEqual(["server shutting down"]);
    expect(exchange.link.endings).toEqual(["close"]);
    exchange.link.end();
    expectEmpty(engine);
  });

  it("may be called by a client's listener", async () => {
    const engine = makeEngine();
    const { link, client } = connectWebSocket(engine);
    let closing: Promise<void> | undefined;
    client.onText = () => {
      closing = engine.close(1000);
    };
    link.receive("4stop");
    link.end();
    await closing;
    expect(client.ended).toEqual(["server shutting down"]);
    expectEmpty(engine);
  });
});

describe("Engine, traced", () => {
  it("tells of connections without their secret ids", async () => {
    const engine = makeEngine();
    const { sid, client } = connectPolling(engine);
    poll(engine, "guessed");
    client.connection.terminate("forced close");
    expect(traced.map(({ type }) => type)).toEqual([
      "connection open",
      "request refused",
      "connection close",
    ]);
    expect(JSON.stringify(traced)).not.toContain(sid);
    expect(JSON.stringify(traced)).not.toContain("guessed");
  });
});

describe("Engine, with more clients than it may have", () => {
  const from = (address: string, headers = {}) => ({ address, headers: { host: "localhost", ...headers } });

  it("takes queries and cookies up to their limits, and answers longer ones with statuses of their own", () => {
    const engine = makeEngine({ maxQueryLength: 40, maxCookieLength: 10 });
    const query = (length: number) => `/socket.io/?${"EIO=4&transport=polling&x=".padEnd(length, "x")}`;
    const cookie = (length: number) => ({ headers: { host: "localhost", cookie: "c".repeat(length) } });
    expect(request(engine, query(40), cookie(10)).status).toBe(200);
    const [long, sweet] = [request(engine, query(41)), request(engine, polling, cookie(11))];
    expect([long.status, long.text]).toEqual([414, '{"code":3,"message":"Query too long"}']);
    expect([sweet.status, sweet.text]).toEqual([431, '{"code":3,"message":"Cookie too long"}']);
    expect(upgrade(engine, query(41)).refusal?.status).toBe(414);
    expect(upgrade(engine, webSocket, cookie(11)).refusal?.status).toBe(431);
    expect(engine.counters.refused).toMatchObject({ queryTooLong: 2, cookieTooLong: 2 });
    expect(traced.filter(({ type }) => type === "request refused")).toHaveLength(4);
  });

  it("refuses the connection that is too many over both transports, and tells when to try again", () => {
    const engine = makeEngine({ maxConnections: 2 });
    connectPolling(engine);
    const { link } = connectWebSocket(engine);
    const refused = request(engine, polling);
    expect([refused.status, refused.text]).toEqual([503, '{"code":3,"message":"Too many connections"}']);
    expect(refused.response?.headers).toMatchObject({ "retry-after": "5", connection: "close" });
    expect(upgrade(engine, webSocket).refusal).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
    link.end();
    connectPolling(engine);
    expect(engine.counters.refused.tooManyConnections).toBe(2);
    expect(traced).toContainEqual(
      expect.objectContaining({ type: "request refused", message: "Too many connections" }),
    );
  });

  it("counts connections by the address that trusted proxies tell", () => {
    const engine = makeEngine({ maxConnectionsPerAddress: 1, trustedProxies: ["10.0.0.1"] });
    const behind = (client: string) => from("10.0.0.1", { "x-forwarded-for": client });
    expect(request(engine, polling, behind("203.0.113.7")).status).toBe(200);
    expect(owner.clients[0]?.connection.request.address).toBe("203.0.113.7");
    expect(request(engine, polling, behind("203.0.113.8")).status).toBe(200);
    const refused = request(engine, polling, behind("203.0.113.8"));
    expect([refused.status, refused.text]).toEqual([
      429,
      '{"code":3,"message":"Too many connections from this address"}',
    ]);
    expect(upgrade(engine, webSocket, behind("203.0.113.7")).refusal?.status).toBe(429);
    expect(request(engine, polling, from("203.0.113.9", { "x-forwarded-for": "1.2.3.4" })).status).toBe(200);
    owner.clients[1]?.connection.terminate("transport close");
    expect(request(engine, polling, behind("203.0.113.8")).status).toBe(200);
    expect(engine.counters.refused.tooManyFromAddress).toBe(2);
  });

  it("has clients wait while handlers decide over others, and lets them in when that is done", async () => {
    const decisions: ((allowed: boolean) => void)[] = [];
    const allowRequest = () => new Promise<boolean>((resolve) => decisions.push(resolve));
    const engine = makeEngine({ maxHandshakes: 1, allowRequest });
    const [first, second, third] = [1, 2, 3].map(() => request(engine, polling));
    expect([first?.status, second?.status, third?.status]).toEqual([undefined, undefined, 503]);
    expect(decisions).toHaveLength(1);
    decisions[0]?.(true);
    await settled();
    expect([first?.status, decisions.length]).toEqual([200, 2]);
    decisions[1]?.(false);
    await settled();
    expect([second?.status, engine.handshakeCount]).toEqual([403, 0]);
    expect(engine.counters.refused.tooManyHandshakes).toBe(1);
  });

  it("frees the place of a client that leaves while it is decided over", () => {
    const engine = makeEngine({ maxHandshakes: 1 });
    const { client, link } = connectWebSocket(engine);
    client.connection.beginHandshake();
    client.connection.beginHandshake();
    const waiting = request(engine, polling);
    expect([waiting.status, engine.handshakeCount]).toEqual([undefined, 2]);
    client.connection.endHandshake();
    expect(waiting.status).toBeUndefined();
    link.end();
    expect([waiting.status, engine.handshakeCount]).toEqual([200, 0]);
    client.connection.endHandshake();
    expect(engine.handshakeCount).toBe(0);
  });

  it("makes no client wait for its end", () => {
    const engine = makeEngine({ maxHandshakes: 1 });
    const { client } = connectWebSocket(engine);
    client.connection.beginHandshake();
    const waiting = request(engine, polling);
    engine.refuseClients();
    expect(waiting.status).toBe(503);
  });
});
