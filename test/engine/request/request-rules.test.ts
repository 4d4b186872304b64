import { beforeEach, describe, expect, it } from "vitest";
import { EngineSite, polling, refusalOf, request, upgrade, webSocket } from "../engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
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
    const engine = site.makeEngine();
    expect(refusalOf(request(engine, url))).toEqual(refusal);
    expect(site.traced.map(({ type }) => type)).toEqual(["request refused"]);
    site.expectEmpty(engine);
  });

  it.each([
    ["an unknown transport", "/socket.io/?EIO=4&transport=__proto__", unknownTransport],
    ["polling", polling, unknownTransport],
    ["another version", "/socket.io/?EIO=3&transport=websocket", unsupportedVersion],
    ["an unknown session", `${webSocket}&sid=nobody`, unknownSession],
    ["an empty session", `${webSocket}&sid=`, unknownSession],
  ])("refuses to upgrade for %s", (_, url, refusal) => {
    const engine = site.makeEngine();
    const exchange = upgrade(engine, url);
    expect([refusalOf(exchange), exchange.headers]).toEqual([refusal, null]);
    site.expectEmpty(engine);
  });

  it("refuses transports that are switched off", () => {
    expect(refusalOf(request(site.makeEngine({ transports: ["websocket"] }), polling))).toEqual(
      unknownTransport,
    );
    expect(refusalOf(upgrade(site.makeEngine({ transports: ["polling"] }), webSocket))).toEqual(
      unknownTransport,
    );
  });

  it("tells of what it refuses", () => {
    request(site.makeEngine(), "/socket.io/?EIO=4&transport=x", { method: "POST", address: "192.0.2.9" });
    expect(site.traced).toEqual([
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

describe("Engine, with long requests", () => {
  it("takes queries and cookies up to their limits, and answers longer ones with statuses of their own", () => {
    const engine = site.makeEngine({ maxQueryLength: 40, maxCookieLength: 10 });
    const query = (length: number) => `/socket.io/?${"EIO=4&transport=polling&x=".padEnd(length, "x")}`;
    const cookie = (length: number) => ({ headers: { host: "localhost", cookie: "c".repeat(length) } });
    expect(request(engine, query(40), cookie(10)).status).toBe(200);
    const [long, sweet] = [request(engine, query(41)), request(engine, polling, cookie(11))];
    expect([long.status, long.text]).toEqual([414, '{"code":3,"message":"Query too long"}']);
    expect([sweet.status, sweet.text]).toEqual([431, '{"code":3,"message":"Cookie too long"}']);
    expect(upgrade(engine, query(41)).refusal?.status).toBe(414);
    expect(upgrade(engine, webSocket, cookie(11)).refusal?.status).toBe(431);
    expect(site.counters.refused).toMatchObject({ queryTooLong: 2, cookieTooLong: 2 });
    expect(site.traced.filter(({ type }) => type === "request refused")).toHaveLength(4);
  });
});

describe("Engine, checking origins", () => {
  const foreign = { headers: { origin: "https://evil.example", host: "chat.example" } };

  it("refuses other sites' pages on both transports, also within a session", () => {
    const engine = site.makeEngine();
    const { sid } = site.connectPolling(engine);
    const forbidden = [403, 4, "Origin not allowed"];
    expect(refusalOf(request(engine, polling, foreign))).toEqual(forbidden);
    expect(refusalOf(upgrade(engine, webSocket, foreign))).toEqual(forbidden);
    expect(refusalOf(request(engine, `${polling}&sid=${sid}`, foreign))).toEqual(forbidden);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`, foreign))).toEqual(forbidden);
    expect(site.owner.clients).toHaveLength(1);
  });

  it("survives a function of the application that throws, on both transports", () => {
    const error = new TypeError("Invalid URL");
    const engine = site.makeEngine({
      cors: {
        origin: () => {
          throw error;
        },
      },
    });
    expect(refusalOf(request(engine, polling, foreign))[0]).toBe(403);
    expect(refusalOf(upgrade(engine, webSocket, foreign))[0]).toBe(403);
    expect(new Set(site.owner.reported)).toEqual(new Set([error]));
  });
});
