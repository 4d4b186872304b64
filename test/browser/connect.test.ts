import { type ClientError, connect } from "roomcast/client";
import { contract } from "roomcast/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakePage } from "../support/fake-websocket.ts";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("connect", () => {
  it.each([
    ["http://server", "ws://server/socket.io/?EIO=4&transport=websocket", "/"],
    ["https://server:8443/chat", "wss://server:8443/socket.io/?EIO=4&transport=websocket", "/chat"],
    ["ws://server/a/b", "ws://server/socket.io/?EIO=4&transport=websocket", "/a/b"],
    [new URL("wss://server/"), "wss://server/socket.io/?EIO=4&transport=websocket", "/"],
  ])("finds the server and the namespace in %s", (url, address, namespace) => {
    const socket = page.connect({}, url as string);
    expect(page.last.url).toBe(address);
    expect(socket.namespace).toBe(namespace);
  });

  it("uses the server of the page by default", () => {
    vi.stubGlobal("location", { href: "https://page.example/shop/?x=1#y" });
    const WebSocket = vi.fn(function (this: object) {
      Object.assign(this, { close() {} });
    });
    const options = { WebSocket: WebSocket as never };
    const sockets = [connect(options), connect("/chat", options), connect(undefined, options)];
    expect(WebSocket.mock.calls.map(([url]: unknown[]) => url)).toEqual(
      Array(3).fill("wss://page.example/socket.io/?EIO=4&transport=websocket"),
    );
    expect(sockets.map(({ namespace }) => namespace)).toEqual(["/", "/chat", "/"]);
    for (const socket of sockets) socket.disconnect();
  });

  it("takes a path and a query", () => {
    page.connect({ path: "/live/", query: { visitor: "a&b" } });
    expect(page.last.url).toBe("ws://server/live/?visitor=a%26b&EIO=4&transport=websocket");
  });

  it("takes a contract before the address, or in its place", () => {
    vi.stubGlobal("location", { href: "http://page/" });
    const chat = contract({});
    const options = { autoConnect: false };
    expect(connect(chat, "http://server/chat", options).namespace).toBe("/chat");
    expect(connect(chat, options).state).toBe("closed");
    expect(connect(chat, "http://server/x", options).state).toBe("closed");
  });

  it.each([undefined, "", "server", "http://", "http://a b"])("says so where %j is no address", (url) => {
    expect(() => connect(url as string, { autoConnect: false })).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("no address"),
      }) as ClientError,
    );
  });

  it("shares a socket by its name", async () => {
    const options = { name: "main" };
    const first = page.connect(options);
    const second = page.connect(options, "http://ignored");
    expect(second).toBe(first);
    expect(page.sockets).toHaveLength(1);
    first.disconnect();
    expect(page.connect(options)).toBe(first);
    expect(page.sockets).toHaveLength(2);
    expect(page.connect({})).not.toBe(first);
    first.disconnect();
  });

  it("connects later with autoConnect: false", () => {
    const socket = page.connect({ autoConnect: false });
    expect([socket.state, page.sockets.length]).toEqual(["closed", 0]);
    socket.connect();
    expect(page.sockets).toHaveLength(1);
  });
});
