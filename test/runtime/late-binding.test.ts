import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { type ServedApplication, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { certificate } from "./support/certificate.ts";
import { connect } from "./support/clients.ts";

function server() {
  const socketio = new SocketIO({ logger: new LogLines() });
  socketio.on("add", (a: number, b: number) => a + b);
  onTestFinished(() => socketio.stop());
  return socketio;
}

/** The program's own server, which listens on a free port. */
async function listening() {
  const own = createServer((_request, response) => response.end("home")).listen(0, "127.0.0.1");
  onTestFinished(() => void own.close());
  await once(own, "listening");
  const { port } = own.address() as { port: number };
  return { own, url: `http://127.0.0.1:${port}` };
}

const home = () => express().get("/", (_request, response) => void response.send("home"));

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

async function expectSum(url: string): Promise<void> {
  expect(await (await connect(url)).emitWithAck("add", 1, 2)).toBe(3);
}

const applications: [string, () => ServedApplication][] = [
  ["an Express application", home],
  ["a Fastify application", () => Fastify().get("/", async () => "home")],
  ["a Hono application", () => new Hono().get("/", (context) => context.text("home"))],
  [
    "a Koa application",
    () =>
      new Koa().use((context) => {
        context.body = "home";
      }),
  ],
  ["a server of node:http", () => createServer((_request, response) => response.end("home"))],
];

describe("initApp()", () => {
  it.each(applications)("binds %s late, and run() serves both", async (_what, make) => {
    const socketio = server();
    expect(socketio.initApp(make())).toBe(socketio);
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(url)).text()).toBe("home");
    await expectSum(url);
    expect(socketio.ready).toBe(true);
  });

  it("leaves TLS to run()", async () => {
    const socketio = server();
    socketio.initApp(home());
    const { url } = await socketio.run({ port: 0, tls: certificate });
    expect(url).toMatch(/^https:/);
    const client = await connect(url, { rejectUnauthorized: false, transports: ["websocket"] });
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
  });

  it("refuses a second application, and one that is passed too late", async () => {
    const bound = server();
    bound.initApp(express());
    expect(() => bound.initApp(express())).toThrow(refusal("ERR_STATE", "an application already"));
    const made = new SocketIO(express());
    onTestFinished(() => made.stop());
    expect(() => made.initApp(express())).toThrow(refusal("ERR_STATE", "an application already"));
    const running = server();
    await running.run({ port: 0 });
    expect(() => running.initApp(express())).toThrow(refusal("ERR_STATE", "runs already"));
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["options", { cors: null }],
    ["a text", "app"],
  ])("refuses %s in place of an application", (_what, app) => {
    expect(() => server().initApp(app as never)).toThrow(refusal("ERR_APP", "initApp() takes"));
  });
});

describe("run() after attach()", () => {
  it("listens with the attached server, and answers its routes", async () => {
    const socketio = server();
    const own = createServer((_request, response) => response.end("home"));
    socketio.attach(own);
    const { url } = await socketio.run({ port: 0 });
    expect(own.listening).toBe(true);
    expect(await (await fetch(url)).text()).toBe("home");
    await expectSum(url);
    await socketio.stop();
    expect(own.listening).toBe(false);
  });

  it("listens with it also beside an application without a server", async () => {
    const app = home();
    const socketio = server();
    const own = createSecureServer(certificate, app);
    socketio.initApp(app).attach(own);
    const { url } = await socketio.run({ port: 0 });
    expect([own.listening, url.slice(0, 6)]).toEqual([true, "https:"]);
  });

  it("says that a listening server needs no run(), and starts no server that answers 404", async () => {
    const socketio = server();
    const { own, url } = await listening();
    socketio.attach(own);
    await expect(socketio.run({ port: 0 })).rejects.toThrow(refusal("ERR_STATE", "run() is not needed"));
    await expectSum(url);
  });

  it("does not choose between several servers, and refuses tls for a server that exists", async () => {
    const several = server();
    several.attach(createServer()).attach(createServer());
    await expect(several.run({ port: 0 })).rejects.toThrow(refusal("ERR_STATE", "2 servers"));
    const plain = server();
    plain.attach(createServer());
    await expect(plain.run({ port: 0, tls: certificate })).rejects.toThrow(refusal("ERR_OPTION", "tls"));
  });

  it("serves an application beside a server that listens already", async () => {
    const socketio = server();
    const beside = await listening();
    socketio.initApp(home()).attach(beside.own);
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(url)).text()).toBe("home");
    await expectSum(url);
    await expectSum(beside.url);
  });
});
