import { beforeEach, expect, it } from "vitest";
import type { RequestTrace } from "../../../src/base/tracing/tracing-channels.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { FakeExchange, FakeUpgradeExchange, fakeRequest } from "../../support/fake-exchange.ts";
import { EngineSite, poll, polling, post, request, upgrade, webSocket } from "../engine-site.ts";

let site: EngineSite;
let ends: RequestTrace[];

/** An engine, and the requests of it that have ended. */
function traced(options?: object): Engine {
  const engine = site.makeEngine(options);
  site.trace.operations.requests.observe({
    end: ({ request: _request, result: _result, ...context }) => ends.push(context as RequestTrace),
  });
  return engine;
}

const about = { method: "GET", path: "/socket.io/", address: "192.0.2.1", relayed: false, handshake: false };

beforeEach(() => {
  site = new EngineSite();
  ends = [];
});

it("a handshake over polling is told with its connection, and posts and polls of it, too", async () => {
  const engine = traced();
  const { sid, client } = site.connectPolling(engine);
  expect(ends).toEqual([{ ...about, transport: "polling", handshake: true, connection: 1, status: 200 }]);
  poll(engine, sid);
  expect(ends).toHaveLength(1);
  await post(engine, sid, "4hello");
  expect(client.heard).toEqual(["hello"]);
  client.connection.send(new OutgoingPacket("4late"));
  site.clock.endTick();
  expect(ends.slice(1)).toEqual([
    { ...about, method: "POST", transport: "polling", connection: 1, status: 200 },
    { ...about, transport: "polling", connection: 1, status: 200 },
  ]);
});

it("a WebSocket is told with its connection and status 101, and an upgrade with that of its polls", () => {
  const engine = traced();
  site.connectWebSocket(engine);
  const { sid } = site.connectPolling(engine);
  upgrade(engine, `${webSocket}&sid=${sid}`);
  expect(ends).toMatchObject([
    { transport: "websocket", connection: 1, status: 101 },
    { transport: "polling", connection: 2, status: 200 },
    { transport: "websocket", connection: 2, status: 101 },
  ]);
});

it("refusals are told with their status", () => {
  const engine = traced({ maxConnections: 1 });
  request(engine, polling, { method: "POST" });
  request(engine, polling, { method: "OPTIONS" });
  poll(engine, "unknown");
  upgrade(engine, `${webSocket}&sid=unknown`);
  expect(ends.map(({ status, connection }) => [status, connection])).toEqual([
    [400, null],
    [204, null],
    [400, null],
    [400, null],
  ]);
});

it("a poll whose client goes away ends without a status", () => {
  const engine = traced();
  const { sid } = site.connectPolling(engine);
  const exchange = poll(engine, sid);
  exchange.abort();
  expect(ends[1]).toMatchObject({ method: "GET", connection: 1, status: null });
});

it("a request that another process takes gets the runtime's own exchange", () => {
  const engine = traced();
  const taken: unknown[] = [];
  engine.serveWith({
    prefix: "here.",
    relayRequest: (_id, exchange) => {
      exchange.respond({ status: 201, headers: {} });
      return true;
    },
    relayUpgrade: (id, exchange) => {
      taken.push(exchange);
      return id.startsWith("there.");
    },
  });
  const exchange = new FakeUpgradeExchange(fakeRequest(`${webSocket}&sid=there.1`));
  engine.handleUpgrade(exchange);
  expect(taken[0]).toBe(exchange);
  upgrade(engine, `${webSocket}&sid=gone.1`);
  poll(engine, "there.1");
  expect(ends.map(({ status }) => status)).toEqual([null, 400, 201]);
});

it("a request that another process has passed on is told as such", () => {
  const engine = traced();
  engine.peerSink.handleRequest(new FakeExchange(fakeRequest(`${polling}&sid=unknown`)));
  expect(ends).toMatchObject([{ relayed: true, status: 400 }]);
});

it("a fault of the server is told as the error", () => {
  const engine = traced();
  const fault = new Error("of the layer above");
  site.owner.onConnection = () => {
    throw fault;
  };
  request(engine, polling);
  expect(ends).toMatchObject([{ status: 500, error: fault }]);
});

it("files are no requests of Engine.IO", () => {
  request(traced(), "/socket.io/socket.io.js");
  expect(ends).toEqual([]);
});
