import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { type RequestHandler, refuseUpgrade, SharedServer } from "../../../src/adapter/node/shared-server.ts";

/** Takes the requests of one path. */
class Tenant implements RequestHandler {
  readonly requests: IncomingMessage[] = [];
  readonly upgrades: IncomingMessage[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  owns(url: string): boolean {
    return url === this.#path;
  }

  takeRequest(request: IncomingMessage): boolean {
    if (!this.owns(request.url ?? "")) return false;
    this.requests.push(request);
    return true;
  }

  takeUpgrade(request: IncomingMessage): void {
    this.upgrades.push(request);
  }

  takeStream(): boolean {
    return false;
  }
}

function requestFor(url: string, headers = {}): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.httpVersionMajor = 1;
  request.url = url;
  request.headers = headers;
  return request;
}

function ask(server: Server, url: string): void {
  const request = requestFor(url);
  server.emit("request", request, new ServerResponse(request));
}

function askForUpgrade(server: Server, url: string): PassThrough {
  const socket = new PassThrough();
  server.emit("upgrade", requestFor(url, { upgrade: "websocket" }), socket, Buffer.alloc(0));
  return socket;
}

describe("SharedServer", () => {
  it("is one for each server", () => {
    const server = createServer();
    expect(SharedServer.of(server)).toBe(SharedServer.of(server));
    expect(SharedServer.of(createServer())).not.toBe(SharedServer.of(server));
  });

  it("offers each request to its tenants in the order in which they came, and then to the application", () => {
    const page = vi.fn();
    const server = createServer(page);
    const [first, second, other] = [new Tenant("/a"), new Tenant("/a"), new Tenant("/b")];
    for (const tenant of [first, second, other, first]) SharedServer.of(server).attach(tenant);
    for (const url of ["/a", "/b", "/page"]) ask(server, url);
    expect([first, second, other].map(({ requests }) => requests.length)).toEqual([1, 0, 1]);
    expect(page.mock.calls.map(([{ url }]) => url)).toEqual(["/page"]);
  });

  it("offers nothing to a tenant that has left, and is as before after the last one", () => {
    const page = vi.fn();
    const server = createServer(page);
    const { emit } = server;
    const shared = SharedServer.of(server);
    const [first, second] = [new Tenant("/a"), new Tenant("/a")];
    shared.attach(first);
    shared.attach(second);
    shared.detach(first);
    shared.detach(first);
    ask(server, "/a");
    expect([first.requests.length, second.requests.length]).toEqual([0, 1]);
    expect(server.emit).not.toBe(emit);
    shared.detach(second);
    expect(server.emit).toBe(emit);
    ask(server, "/a");
    expect(page).toHaveBeenCalledTimes(1);
  });

  it("hands a WebSocket to the tenant of its path, and answers one that nothing waits for", async () => {
    const server = createServer();
    const tenant = new Tenant("/a");
    SharedServer.of(server).attach(tenant);
    askForUpgrade(server, "/a");
    expect(tenant.upgrades).toHaveLength(1);
    expect(await text(askForUpgrade(server, "/page"))).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\nNothing to upgrade to here$/s,
    );
    const listener = vi.fn();
    server.on("upgrade", listener);
    askForUpgrade(server, "/page");
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("knows where its server listens, also when that changes", () => {
    const server = createServer();
    const address = vi.spyOn(server, "address");
    const shared = SharedServer.of(server);
    shared.attach(new Tenant("/a"));
    expect(shared.listensOnLoopback).toBe(false);
    address.mockReturnValue({ address: "127.0.0.1", family: "IPv4", port: 1 });
    expect(shared.listensOnLoopback).toBe(false);
    server.emit("listening");
    expect(shared.listensOnLoopback).toBe(true);
    address.mockReturnValue({ address: "0.0.0.0", family: "IPv4", port: 1 });
    server.emit("close");
    expect(shared.listensOnLoopback).toBe(false);
  });
});

describe("refuseUpgrade", () => {
  it("answers with the length in bytes and the end of the connection, whatever the fields say", async () => {
    const socket = new PassThrough();
    refuseUpgrade(socket, { status: 403, headers: { connection: "keep-alive", vary: "Origin" }, body: "é" });
    expect(await text(socket)).toBe(
      "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\nvary: Origin\r\n\r\né",
    );
  });

  it("answers without a body, and with a status that has no name", async () => {
    const socket = new PassThrough();
    refuseUpgrade(socket, { status: 599, headers: {} });
    expect(await text(socket)).toBe("HTTP/1.1 599 Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });

  it("survives a peer that resets its connection", () => {
    const socket = new PassThrough();
    refuseUpgrade(socket, { status: 400, headers: {} });
    expect(() => socket.emit("error", new Error("reset"))).not.toThrow();
  });
});
