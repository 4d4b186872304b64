import { beforeEach, describe, expect, it, vi } from "vitest";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import type { RequestDetails } from "../support/fake-exchange.ts";
import { FakeExchange, fakeRequest } from "../support/fake-exchange.ts";
import {
  EngineSite,
  handshakeOf,
  Listener,
  poll,
  polling,
  post,
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

describe("Engine, opening over polling", () => {
  it("answers at once with the connection's id and the server's settings", () => {
    const engine = site.makeEngine({ pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 5000 });
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
    expect([engine.connections.size, site.owner.clients.length]).toEqual([1, 1]);
    expect(site.owner.clients[0]?.connection.id).toBe(sid);
  });

  it.each([{ allowUpgrades: false }, { transports: ["polling"] }])("offers no upgrade with %o", (options) => {
    expect(handshakeOf(request(site.makeEngine(options), polling).packets[0]).upgrades).toEqual([]);
  });

  it("gives every connection an id and a number of its own", () => {
    const engine = site.makeEngine();
    const ids = [1, 2, 3].map(() => site.connectPolling(engine).sid);
    expect(new Set(ids).size).toBe(3);
    expect(site.owner.clients.map(({ connection }) => connection.number)).toEqual([1, 2, 3]);
  });

  it("remembers the request", () => {
    request(site.makeEngine(), `${polling}&token=x`, { address: "192.0.2.7" });
    const remembered = site.owner.clients[0]?.connection.request;
    expect([remembered?.query.get("token"), remembered?.address]).toEqual(["x", "192.0.2.7"]);
  });

  it("forgets a client that left before it was answered", () => {
    const engine = site.makeEngine();
    const exchange = new FakeExchange(fakeRequest(polling));
    exchange.abort();
    engine.handleRequest(exchange);
    expect(site.owner.clients[0]?.ended).toEqual(["transport error"]);
    site.expectEmpty(engine);
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
    const engine = site.makeEngine({ cookie });
    const exchange = request(engine, polling, details);
    const { sid } = handshakeOf(exchange.packets[0]);
    expect(exchange.response?.headers["set-cookie"]).toBe(expected.replace("SID", sid));
    expect((await post(engine, sid, "4a")).response?.headers).not.toHaveProperty("set-cookie");
    const next = poll(engine, sid);
    site.owner.clients[0]?.connection.send(new OutgoingPacket("4a"));
    site.clock.endTick();
    expect(next.packets).toEqual(["4a"]);
    expect(next.response?.headers).not.toHaveProperty("set-cookie");
    expect(upgrade(engine, webSocket, details).headers?.["set-cookie"]).toContain(expected.split("=")[0]);
  });

  it("refuses a client whose cookie cannot be made, tells of it, and opens nothing", () => {
    const fault = new Error("no domain");
    const engine = site.makeEngine({
      cookie: {
        domain: () => {
          throw fault;
        },
      },
    });
    expect(request(engine, polling).response?.status).toBe(500);
    expect(upgrade(engine, webSocket).refusal?.status).toBe(500);
    expect(site.owner.reported).toEqual([fault, fault]);
    expect(engine.connections.size).toBe(0);
  });
});

describe("Engine, whose cookie an application's function makes", () => {
  it("refuses a client whose cookie cannot be, says why, and opens nothing", () => {
    const engine = site.makeEngine({ cookie: { path: () => "/a\r\nset-cookie: b" } });
    expect(request(engine, polling).response?.status).toBe(500);
    expect(upgrade(engine, webSocket).refusal?.status).toBe(500);
    expect(site.owner.reported.map(String)).toEqual(
      Array(2).fill(expect.stringContaining('The function "path" of the option "cookie" must give a path')),
    );
    expect(engine.connections.size).toBe(0);
  });
});

describe("Engine, opening over a WebSocket", () => {
  it("sends the handshake as the first message, and offers no upgrade", () => {
    const engine = site.makeEngine();
    const { link, client } = site.connectWebSocket(engine);
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
    const engine = site.makeEngine();
    const exchange = upgrade(engine, webSocket, {}, true);
    expect(exchange.headers).toEqual({});
    site.expectEmpty(engine);
  });

  it("forgets a connection whose WebSocket is gone", () => {
    const engine = site.makeEngine();
    const { link, client } = site.connectWebSocket(engine);
    link.end();
    expect(client.ended).toEqual(["transport close"]);
    site.expectEmpty(engine);
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
    const engine = site.makeEngine({ allowRequest });
    const [exchange, upgrading] = [request(engine, polling), upgrade(engine, webSocket)];
    await settled();
    if (allowed) {
      expect([exchange.status, upgrading.headers]).toEqual([200, {}]);
      expect(engine.connections.size).toBe(2);
    } else {
      expect([exchange, upgrading].map(refusalOf)).toEqual(Array(2).fill([403, 4, "Forbidden"]));
      site.expectEmpty(engine);
    }
    expect(site.owner.reported).toEqual([]);
  });

  it("opens a connection at once where the answer is true at once", () => {
    const engine = site.makeEngine({ allowRequest: () => true });
    expect(request(engine, polling).status).toBe(200);
    expect(upgrade(engine, webSocket).headers).toEqual({});
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
    const engine = site.makeEngine({ allowRequest: () => fail(error) });
    const exchange = request(engine, polling);
    await settled();
    expect(refusalOf(exchange)).toEqual([403, 4, "Forbidden"]);
    expect(site.owner.reported).toEqual([error]);
    site.expectEmpty(engine);
  });

  it("asks for handshakes alone, with the request", async () => {
    const allowRequest = vi.fn(() => true);
    const engine = site.makeEngine({ allowRequest });
    const exchange = request(engine, polling);
    await settled();
    const { sid } = handshakeOf(exchange.packets[0]);
    poll(engine, sid);
    upgrade(engine, `${webSocket}&sid=${sid}`);
    expect(allowRequest.mock.calls).toEqual([[exchange.request]]);
  });

  it("opens nothing for clients that have left, or once the server has begun to stop", async () => {
    let allow: (allowed: boolean) => void = () => {};
    const engine = site.makeEngine({ allowRequest: () => new Promise((resolve) => (allow = resolve)) });
    const gone = request(engine, polling);
    gone.abort();
    allow(true);
    await settled();
    site.expectEmpty(engine);
    const late = request(engine, polling);
    await engine.close(1000);
    allow(true);
    await settled();
    expect(refusalOf(late)).toEqual([503, 3, "Server shutting down"]);
    site.expectEmpty(engine);
  });
});

describe("Engine, when the layer above goes wrong", () => {
  it.each([null, () => true])(
    "refuses a client that the layer above cannot take (allowRequest %o)",
    async (allowRequest) => {
      const error = new Error("of the layer above");
      site.owner.onConnection = () => {
        throw error;
      };
      const engine = site.makeEngine({ allowRequest });
      const [exchange, upgrading] = [request(engine, polling), upgrade(engine, webSocket)];
      await settled();
      expect(refusalOf(exchange)).toEqual([500, 3, "Internal server error"]);
      expect(upgrading.link.endings).toEqual(["terminate"]);
      expect(site.owner.reported).toEqual([error, error]);
      site.expectEmpty(engine);
    },
  );

  it("sends the handshake first although the layer above would send already", () => {
    site.owner.onConnection = (connection) => {
      expect(connection.send(new OutgoingPacket("4early"))).toBe(false);
      connection.close("forced close");
      connection.terminate("forced close");
      return new Listener(connection);
    };
    const engine = site.makeEngine();
    const { packets } = request(engine, polling);
    expect(packets).toHaveLength(1);
    handshakeOf(packets[0]);
    expect(engine.connections.size).toBe(1);
  });
});

describe("Engine, with more clients than it may have", () => {
  const from = (address: string, headers = {}) => ({ address, headers: { host: "localhost", ...headers } });

  it("refuses the connection that is too many over both transports, and tells when to try again", () => {
    const engine = site.makeEngine({ maxConnections: 2 });
    site.connectPolling(engine);
    const { link } = site.connectWebSocket(engine);
    const refused = request(engine, polling);
    expect([refused.status, refused.text]).toEqual([503, '{"code":3,"message":"Too many connections"}']);
    expect(refused.response?.headers).toMatchObject({ "retry-after": "5", connection: "close" });
    expect(upgrade(engine, webSocket).refusal).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
    link.end();
    site.connectPolling(engine);
    expect(site.counters.refused.tooManyConnections).toBe(2);
    expect(site.traced).toContainEqual(
      expect.objectContaining({ type: "request refused", message: "Too many connections" }),
    );
  });

  it("counts connections by the address that trusted proxies tell", () => {
    const engine = site.makeEngine({ maxConnectionsPerAddress: 1, trustedProxies: ["10.0.0.1"] });
    const behind = (client: string) => from("10.0.0.1", { "x-forwarded-for": client });
    expect(request(engine, polling, behind("203.0.113.7")).status).toBe(200);
    expect(site.owner.clients[0]?.connection.request.address).toBe("203.0.113.7");
    expect(request(engine, polling, behind("203.0.113.8")).status).toBe(200);
    const refused = request(engine, polling, behind("203.0.113.8"));
    expect([refused.status, refused.text]).toEqual([
      429,
      '{"code":3,"message":"Too many connections from this address"}',
    ]);
    expect(upgrade(engine, webSocket, behind("203.0.113.7")).refusal?.status).toBe(429);
    expect(request(engine, polling, from("203.0.113.9", { "x-forwarded-for": "1.2.3.4" })).status).toBe(200);
    site.owner.clients[1]?.connection.terminate("transport close");
    expect(request(engine, polling, behind("203.0.113.8")).status).toBe(200);
    expect(site.counters.refused.tooManyFromAddress).toBe(2);
  });

  it("has clients wait while handlers decide over others, and lets them in when that is done", async () => {
    const decisions: ((allowed: boolean) => void)[] = [];
    const allowRequest = () => new Promise<boolean>((resolve) => decisions.push(resolve));
    const engine = site.makeEngine({ maxHandshakes: 1, allowRequest });
    const [first, second, third] = [1, 2, 3].map(() => request(engine, polling));
    expect([first?.status, second?.status, third?.status]).toEqual([undefined, undefined, 503]);
    expect(decisions).toHaveLength(1);
    decisions[0]?.(true);
    await settled();
    expect([first?.status, decisions.length]).toEqual([200, 2]);
    decisions[1]?.(false);
    await settled();
    expect([second?.status, engine.handshakeCount]).toEqual([403, 0]);
    expect(site.counters.refused.tooManyHandshakes).toBe(1);
  });

  it("frees the place of a client that leaves while it is decided over", () => {
    const engine = site.makeEngine({ maxHandshakes: 1 });
    const { client, link } = site.connectWebSocket(engine);
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
    const engine = site.makeEngine({ maxHandshakes: 1 });
    const { client } = site.connectWebSocket(engine);
    client.connection.beginHandshake();
    const waiting = request(engine, polling);
    engine.refuseClients();
    expect(waiting.status).toBe(503);
  });
});
