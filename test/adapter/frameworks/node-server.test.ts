import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer } from "node:https";
import { createServer as createSocketServer } from "node:net";
import { describe, expect, it } from "vitest";
import { fromServer, isHttpServer } from "../../../src/adapter/frameworks/node-server.ts";

describe("isHttpServer", () => {
  it.each<[string, unknown]>([
    ["HTTP", createServer()],
    ["HTTPS", createSecureServer()],
    ["HTTP/2", createHttp2Server()],
  ])("takes a server of %s", (_what, server) => {
    expect(isHttpServer(server)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["a server of sockets alone", createSocketServer()],
    ["an object with a server's methods", { listen() {}, close() {}, on() {}, updateSettings() {} }],
    ["a function", () => {}],
    ["null", null],
  ])("refuses %s", (_what, value) => {
    expect(isHttpServer(value)).toBe(false);
  });
});

describe("fromServer", () => {
  it("gives the server itself, and makes no other", async () => {
    const server = createServer();
    const application = fromServer(server);
    expect(application?.server).toBe(server);
    await expect(application?.makeServer(() => createServer())).rejects.toMatchObject({
      code: "ERR_STATE",
      message: "The application has a server already.",
    });
  });
});
