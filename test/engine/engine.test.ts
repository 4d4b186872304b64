import { beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import type { FakeExchange } from "../support/fake-exchange.ts";
import type { FakeLink } from "../support/fake-link.ts";
import {
  EngineSite,
  handshakeOf,
  type Listener,
  poll,
  polling,
  refusalOf,
  request,
  settled,
  upgrade,
  webSocket,
} from "./engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
});

it("answers requests, in their order, when everything is there that they have to wait for", async () => {
  const engine = site.makeEngine();
  let resolve = () => {};
  engine.waitFor(new Promise<void>((settle) => (resolve = settle)));
  const first = request(engine, polling);
  const second = upgrade(engine, webSocket);
  await settled();
  expect([first.response, second.headers, site.owner.clients.length]).toEqual([undefined, null, 0]);
  resolve();
  await settled();
  expect([first.status, second.headers, site.owner.clients.length]).toEqual([200, {}, 2]);
  expect(request(engine, polling).status).toBe(200);
});

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
    expect(site.makeEngine({ path }).owns(url)).toBe(expected);
  });
});

describe("Engine, with clients of version 3", () => {
  const eio3Polling = "/socket.io/?EIO=3&transport=polling";
  const eio3WebSocket = "/socket.io/?EIO=3&transport=websocket";
  const options = { allowEIO3: true, pingInterval: 1000, pingTimeout: 500 };

  function connectOldPolling(engine: Engine, url = eio3Polling): { sid: string; client: Listener } {
    const [, packet] = request(engine, url).text?.split(/^\d+:/) ?? [];
    return { sid: handshakeOf(packet).sid, client: site.owner.clients.at(-1) as Listener };
  }

  function connectOldWebSocket(engine: Engine, url = eio3WebSocket): { link: FakeLink; client: Listener } {
    const { link } = upgrade(engine, url);
    site.clock.endTick();
    return { link, client: site.owner.clients.at(-1) as Listener };
  }

  it("opens polling with the length in front of each packet", () => {
    const engine = site.makeEngine(options);
    const { text, response } = request(engine, eio3Polling);
    const [length, ...rest] = text?.split(":") ?? [];
    expect(rest.join(":")).toHaveLength(Number(length));
    expect(handshakeOf(rest.join(":"))).toMatchObject({ pingInterval: 1000, upgrades: ["websocket"] });
    expect(response?.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(site.owner.clients[0]?.connection.version).toBe(3);
  });

  it("carries binary both ways, as bytes and as base64", async () => {
    const engine = site.makeEngine(options);
    const binary = new OutgoingPacket("451-", [Buffer.from([1])]);
    const bytes = connectOldPolling(engine);
    const answer = request(engine, `${eio3Polling}&sid=${bytes.sid}`);
    bytes.client.connection.send(binary);
    site.clock.endTick();
    expect(answer.response?.headers["content-type"]).toBe("application/octet-stream");
    expect(answer.response?.body).toEqual(Buffer.from([0, 4, 255, ...Buffer.from("451-"), 1, 2, 255, 4, 1]));
    const details = { method: "POST", headers: { "content-type": "application/octet-stream" } };
    request(engine, `${eio3Polling}&sid=${bytes.sid}`, details, Buffer.from([0, 2, 255, 52, 97]));
    await settled();
    expect(bytes.client.heard).toEqual(["a"]);

    const text = connectOldPolling(engine, `${eio3Polling}&b64=1`);
    const second = request(engine, `${eio3Polling}&sid=${text.sid}`);
    text.client.connection.send(binary);
    site.clock.endTick();
    expect(second.text).toBe("4:451-6:b4AQ==");
    const { link } = connectOldWebSocket(engine, `${eio3WebSocket}&b64=1`);
    site.owner.clients.at(-1)?.connection.send(binary);
    site.clock.endTick();
    expect(link.messages.slice(1)).toEqual(["451-", "b4AQ=="]);
  });

  it("answers pings, at most once a tick, and counts them as signs of life", () => {
    const engine = site.makeEngine(options);
    const { link, client } = connectOldWebSocket(engine);
    link.receive("2");
    link.receive("2");
    site.clock.endTick();
    expect(link.messages.slice(1)).toEqual(["3"]);
    for (let round = 0; round < 5; round += 1) {
      site.clock.advance(1400);
      link.receive("2");
    }
    expect(client.ended).toEqual([]);
    site.clock.endTick();
    expect(link.messages).not.toContain("2");
  });

  it("gives up on a client that is silent, and not before", () => {
    const engine = site.makeEngine(options);
    const { client } = connectOldWebSocket(engine);
    site.clock.advance(1499);
    expect(client.ended).toEqual([]);
    site.clock.advance(40);
    expect(client.ended).toEqual(["ping timeout"]);
    site.expectEmpty(engine);
  });

  it("changes from polling to a WebSocket, and back to none", async () => {
    const engine = site.makeEngine(options);
    const { sid, client } = connectOldPolling(engine);
    const waiting = request(engine, `${eio3Polling}&sid=${sid}`);
    const { link } = upgrade(engine, `${eio3WebSocket}&sid=${sid}`);
    link.receive("2probe");
    expect([link.messages, waiting.text]).toEqual([["3probe"], "1:6"]);
    link.receive("5");
    client.connection.send(new OutgoingPacket("451-", [Buffer.from([1])]));
    site.clock.endTick();
    expect(link.messages.slice(1)).toEqual(["451-", Buffer.from([4, 1])]);
    link.receive(Buffer.from([9]));
    expect(client.ended).toEqual(["parse error"]);
    site.expectEmpty(engine);
  });

  it("says goodbye in the form of its version", () => {
    const engine = site.makeEngine(options);
    const { sid, client } = connectOldPolling(engine);
    const waiting = request(engine, `${eio3Polling}&sid=${sid}`);
    client.connection.close("forced close");
    site.clock.endTick();
    expect(waiting.text).toBe("1:1");
    site.expectEmpty(engine);
  });

  it("takes no requests of another version within a session", async () => {
    const engine = site.makeEngine(options);
    const old = connectOldPolling(engine);
    const { sid } = site.connectPolling(engine);
    const wrong = [
      request(engine, `${polling}&sid=${old.sid}`),
      request(engine, `${eio3Polling}&sid=${sid}`),
      upgrade(engine, `${webSocket}&sid=${old.sid}`),
      upgrade(engine, `${eio3WebSocket}&sid=${sid}`),
    ];
    expect(wrong.map(refusalOf)).toEqual(wrong.map(() => [400, 3, "Bad request"]));
    expect(site.owner.clients.map(({ connection }) => connection.isOpen)).toEqual([true, true]);
  });

  it("refuses JSONP with the reason", () => {
    expect(refusalOf(request(site.makeEngine(options), `${eio3Polling}&j=0`))).toEqual([
      400,
      3,
      "JSONP polling is not supported: use XHR polling or WebSocket",
    ]);
  });

  it("refuses them unless they are allowed, and tells the operator once", () => {
    const engine = site.makeEngine();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(refusalOf(request(engine, eio3Polling))).toEqual([400, 5, "Unsupported protocol version"]);
    }
    expect(refusalOf(upgrade(engine, eio3WebSocket))).toEqual([400, 5, "Unsupported protocol version"]);
    expect(site.owner.warnings).toEqual([expect.stringContaining("allowEIO3: true")]);
    expect(site.traced).toHaveLength(4);
  });

  it("does not answer pings of newer clients", () => {
    const engine = site.makeEngine(options);
    const { link, client } = site.connectWebSocket(engine);
    link.receive("2");
    expect(client.ended).toEqual(["parse error"]);
  });
});

describe("Engine, serving files and preflights", () => {
  it("serves files below its path", () => {
    const engine = site.makeEngine();
    expect(request(engine, "/socket.io/socket.io.js?v=1").text).toBe("script");
    expect(request(engine, "/socket.io/nothing.js").status).toBe(404);
    expect(request(engine, "/socket.io/socket.io.js", { method: "POST" }).status).toBe(404);
  });

  it("answers a preflight", () => {
    const engine = site.makeEngine({ cors: { origin: "https://app.example" } });
    const headers = { origin: "https://app.example", host: "chat.example" };
    const exchange = request(engine, polling, { method: "OPTIONS", headers });
    expect(exchange.status).toBe(204);
    expect(exchange.response?.headers["access-control-allow-methods"]).toBe("GET,POST");
    site.expectEmpty(engine);
  });

  it("adds the CORS fields to every answer, refusals too", async () => {
    const engine = site.makeEngine({ cors: { origin: "https://app.example" } });
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

describe("Engine, when something of its own goes wrong", () => {
  it("answers a request for a file with an error, and reports it", () => {
    const exchange = request(site.makeEngine(), "/socket.io/broken.js");
    expect(refusalOf(exchange)).toEqual([500, 3, "Internal server error"]);
    expect(exchange.text).not.toContain("of the disk");
    expect(site.owner.reported).toEqual([new Error("of the disk")]);
  });
});

describe("Engine, traced", () => {
  it("tells of connections without their secret ids", async () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    poll(engine, "guessed");
    client.connection.terminate("forced close");
    expect(site.traced.map(({ type }) => type)).toEqual([
      "connection open",
      "request refused",
      "connection close",
    ]);
    expect(JSON.stringify(site.traced)).not.toContain(sid);
    expect(JSON.stringify(site.traced)).not.toContain("guessed");
  });
});
