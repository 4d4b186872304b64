import { EventEmitter } from "node:events";
import { createServer, IncomingMessage, type Server } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { offersWebSocket, UpgradeOffers } from "../../../src/adapter/node/upgrade-offers.ts";

/** A server that asks, as Node's does from 22.23 on. */
type AskingServer = Server & { shouldUpgradeCallback: (request: IncomingMessage) => boolean };

function setUp() {
  const rule = vi.fn(function (this: Server) {
    return this.listenerCount("upgrade") > 0;
  });
  const server = Object.assign(createServer(), { shouldUpgradeCallback: rule }) as AskingServer;
  const offers = new UpgradeOffers(server, (request) =>
    request.url === "/own" ? offersWebSocket(request) : undefined,
  );
  offers.start();
  return { server, rule, offers, ask: (request: IncomingMessage) => server.shouldUpgradeCallback(request) };
}

function offer(url: string, upgrade: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  request.headers = { connection: "Upgrade", upgrade };
  return request;
}

describe("UpgradeOffers, where Node asks", () => {
  it("takes the WebSockets of its own path, and nothing else there", () => {
    const { ask, rule } = setUp();
    expect(["websocket", "WebSocket", "h2c"].map((protocol) => ask(offer("/own", protocol)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(rule).not.toHaveBeenCalled();
  });

  it("leaves all others to the server's own rule, which sees no listener of Roomcast's", () => {
    const { ask, server, offers } = setUp();
    expect(ask(offer("/own", "websocket"))).toBe(true);
    offers.settle();
    expect(ask(offer("/page", "h2c"))).toBe(false);
    server.on("upgrade", () => {});
    expect(ask(offer("/page", "h2c"))).toBe(true);
  });

  it("shows no listener for the next request after an upgrade that never came", () => {
    const { ask, rule } = setUp();
    expect(ask(offer("/own", "websocket"))).toBe(true);
    // Its connection broke before Node told of it.
    expect(ask(offer("/page", "h2c"))).toBe(false);
    expect(rule).toHaveLastReturnedWith(false);
  });

  it("shows Node a listener only until the upgrade is there", () => {
    const { ask, server, offers } = setUp();
    ask(offer("/own", "websocket"));
    expect(server.listenerCount("upgrade")).toBe(1);
    ask(offer("/own", "websocket"));
    expect(server.listenerCount("upgrade")).toBe(1);
    offers.settle();
    expect(server.listenerCount("upgrade")).toBe(0);
  });

  it("shows Node no listener for a request after an upgrade that never came", () => {
    const { ask, server } = setUp();
    ask(offer("/own", "websocket"));
    expect(ask(offer("/page", "h2c"))).toBe(false);
    expect(server.listenerCount("upgrade")).toBe(0);
  });

  it("keeps to a rule that the application sets later, for the application's own requests", () => {
    const { ask, server } = setUp();
    server.shouldUpgradeCallback = (request) => request.headers.upgrade === "chat";
    expect([
      ask(offer("/page", "chat")),
      ask(offer("/page", "h2c")),
      ask(offer("/own", "websocket")),
    ]).toEqual([true, false, true]);
  });

  it("gives the server its rule back", () => {
    const { server, rule, offers } = setUp();
    offers.stop();
    expect(server.shouldUpgradeCallback).toBe(rule);
    const later = () => true;
    server.shouldUpgradeCallback = later;
    expect(server.shouldUpgradeCallback).toBe(later);
  });

  it.each([
    ["first", 0],
    ["second", 1],
  ])("lets two decide, of which the %s leaves before the other", (_, index) => {
    const server = Object.assign(createServer(), { shouldUpgradeCallback: () => false }) as AskingServer;
    const both = ["/one", "/two"].map((path) => {
      const offers = new UpgradeOffers(server, ({ url }) => (url === path ? true : undefined));
      offers.start();
      return { offers, path };
    });
    const [gone, left] = index === 0 ? both : both.toReversed();
    gone?.offers.stop();
    gone?.offers.start();
    expect(
      ["/one", "/two", "/page"].map((path) => server.shouldUpgradeCallback(offer(path, "websocket"))),
    ).toEqual([true, true, false]);
    left?.offers.stop();
    expect(server.shouldUpgradeCallback(offer("/page", "websocket"))).toBe(false);
  });
});

describe("UpgradeOffers, where Node does not ask", () => {
  it("shows a listener for the upgrades of its own path alone, also after one that never came", () => {
    const server = new EventEmitter();
    const offers = new UpgradeOffers(server, ({ url }) => (url === "/own" ? true : undefined));
    offers.start();
    // Node takes a request out of HTTP where it finds a listener, and its connection brings no further one.
    const onIncoming = (request: { upgrade?: boolean }) => {
      if (request.upgrade !== true) return null;
      const listeners = server.listenerCount("upgrade");
      request.upgrade = listeners > 0;
      return listeners;
    };
    const ask = (url: string, upgrade: boolean) => {
      const connection = Object.assign(new Socket(), { parser: { onIncoming } });
      offers.watch(connection);
      const request = new IncomingMessage(connection);
      return connection.parser.onIncoming(
        Object.assign(request, { url, upgrade, headers: { upgrade: "websocket" } }),
      );
    };
    expect([ask("/own", true), ask("/page", true), ask("/page", false)]).toEqual([1, 0, null]);
    expect(server.listenerCount("upgrade")).toBe(0);
  });

  it("keeps nothing of the parser on a connection that was upgraded, and asks the next request's too", () => {
    const offers = new UpgradeOffers(new EventEmitter(), () => true);
    const taken = vi.fn();
    const connection = Object.assign(new Socket(), { parser: { onIncoming: taken } });
    offers.watch(connection);
    offers.watch(connection);
    const held = () => Object.getOwnPropertySymbols(connection).map((key) => Reflect.get(connection, key));
    const ask = (upgrade: boolean) =>
      connection.parser.onIncoming(
        Object.assign(new IncomingMessage(connection), { upgrade, headers: { upgrade: "websocket" } }),
      );
    ask(false);
    expect(held()).toContain(taken);
    ask(true);
    expect(taken).toHaveBeenCalledTimes(2);
    expect(held()).not.toContain(taken);
  });

  it("hands a request on once where two servers were told of one connection", () => {
    const taken = vi.fn();
    const connection = Object.assign(new Socket(), { parser: { onIncoming: taken } });
    const asked: string[] = [];
    for (const name of ["one", "two"])
      new UpgradeOffers(new EventEmitter(), () => void asked.push(name)).watch(connection);
    const request = Object.assign(new IncomingMessage(connection), { upgrade: true });
    connection.parser.onIncoming(request);
    expect([asked, taken.mock.calls.length]).toEqual([["two", "one"], 1]);
  });

  it("hands a request on to the server whose parser read it", () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const connection = Object.assign(new Socket(), { parser: { onIncoming: first } });
    const { parser } = connection;
    new UpgradeOffers(new EventEmitter(), () => undefined).watch(connection);
    // Node's server gives each connection that it is told of a parser.
    connection.parser = { onIncoming: second };
    new UpgradeOffers(new EventEmitter(), () => undefined).watch(connection);
    parser.onIncoming(new IncomingMessage(connection));
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
  });
});
