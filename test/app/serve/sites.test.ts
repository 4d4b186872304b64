import { describe, expect, it } from "vitest";
import { type Site, Sites } from "../../../src/app/serve/sites.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { systemClock } from "../../../src/base/time/clock.ts";
import { Trace } from "../../../src/base/trace.ts";
import { findContext } from "../../../src/context/handler-context.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { type EngineOptions, engineOptions } from "../../../src/engine/engine-options.ts";
import { FakeExchange, FakeUpgradeExchange, fakeRequest } from "../../support/fake-exchange.ts";

function sitesWith(options: Partial<EngineOptions> = {}) {
  const engine = new Engine(
    resolveOptions(engineOptions, options, "a test"),
    {
      onConnection: () => {
        throw new Error("no client is expected");
      },
      hasFile: () => false,
      serveFile: () => undefined,
      warn: () => {},
      report: (error: unknown) => {
        throw error;
      },
    },
    { clock: systemClock, trace: new Trace() },
  );
  const seen: string[] = [];
  const site: Site = {
    path: "/room",
    owns: (path) => path === "/room" || path.startsWith("/room/") || path.startsWith("/socket.io"),
    serve: (request, exchange) => {
      seen.push(`${request.address} ${request.url} ${findContext() === undefined}`);
      exchange.respond({ status: 200, headers: {}, body: "the site" });
    },
  };
  const sites = new Sites(engine);
  sites.add(site);
  return { sites, seen };
}

describe("sites", () => {
  it("answer the requests of their paths, whatever the query", () => {
    const { sites, seen } = sitesWith();
    expect(["/room", "/room/?a=/b", "/other?x=/room", "/"].map((url) => sites.owns(url))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const exchange = new FakeExchange(fakeRequest("/room/a?b=1"));
    sites.handleRequest(exchange);
    expect(exchange.text).toBe("the site");
    expect(seen).toEqual(["192.0.2.1 /room/a?b=1 true"]);
  });

  it.each(["/room", "/room/", "/room/service", "/", "/socket.io", "/socket.io/"])(
    "have paths of their own: none lies at %s, too",
    (path) => {
      const { sites } = sitesWith();
      expect(() => sites.requireFree(path, 'option "path" of a test')).toThrow(
        expect.objectContaining({ code: "ERR_OPTION", message: expect.stringMatching(/"path" of a test/) }),
      );
    },
  );

  it.each(["/rooms", "/roo", "/socket.io/room"])("may lie at %s beside one another", (path) => {
    const { sites } = sitesWith();
    expect(() => sites.requireFree(path, 'option "path" of a test')).not.toThrow();
  });

  it("leave the path of the clients to them", () => {
    const { sites } = sitesWith();
    const exchange = new FakeExchange(fakeRequest("/socket.io/?EIO=4&transport=flute"));
    sites.handleRequest(exchange);
    expect(exchange.text).toContain("Transport unknown");
  });

  it("get the client's own address from proxies that are trusted", () => {
    const { sites, seen } = sitesWith({ trustedProxies: ["10.0.0.0/8"] });
    const headers = { host: "localhost", "x-forwarded-for": "198.51.100.7" };
    sites.handleRequest(new FakeExchange(fakeRequest("/room", { headers, address: "10.1.2.3" })));
    expect(seen).toEqual(["198.51.100.7 /room true"]);
  });

  it("get no request for a host that is not allowed", () => {
    const { sites, seen } = sitesWith({ allowedHosts: "example.com" });
    const exchange = new FakeExchange(fakeRequest("/room", { headers: { host: "rebound.example" } }));
    sites.handleRequest(exchange);
    expect(exchange.status).toBe(403);
    expect(seen).toEqual([]);
  });

  it("refuse WebSockets", () => {
    const { sites } = sitesWith();
    const upgrade = new FakeUpgradeExchange(fakeRequest("/room"));
    sites.handleUpgrade(upgrade);
    expect(upgrade.refusal?.status).toBe(400);
  });
});
