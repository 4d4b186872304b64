/**
 * A server on Bun, for one test. Prints `{"port":…}` when it listens, and then a line of JSON for each ended
 * connection and each error. Ends with its standard input, and answers a line `stop` with `{"stopped":true}`.
 *
 *     bun test/runtime/support/bun-server.ts '{"shape":"none","options":{}}'
 */

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";
import Koa from "koa";
import { emit, type RunOptions, request, SocketIO, type SocketIOOptions } from "roomcast";
import type { BunFetch, BunRuntime, BunWebSocketHandlers } from "../../../src/adapter/bun/bun-runtime.ts";

declare const Bun: BunRuntime;

/** The settings of the server. */
export interface BunServerPlan {
  /**
   * The application beside Roomcast: none, a Hono application, an object with `fetch`, a program that calls
   * `Bun.serve`, or an application that needs Node's server, which Bun imitates.
   */
  readonly shape:
    | "none"
    | "hono"
    | "hono with websocket"
    | "fetch"
    | "own"
    | "express"
    | "koa"
    | "fastify"
    | "node:http";
  readonly options?: SocketIOOptions;
  readonly run?: RunOptions;
  /** Whether the server accepts clients only after a moment. */
  readonly isSlow?: boolean;
  /** Whether there is a dashboard. */
  readonly hasDashboard?: boolean;
}

const plan = JSON.parse(process.argv[2] ?? "") as BunServerPlan;
const say = (line: unknown) => console.log(JSON.stringify(line));
const options: SocketIOOptions = {
  ...plan.options,
  logger: {
    info: () => {},
    warn: () => {},
    error: (message, { err }) => say({ message, error: String(err) }),
  },
  ...(plan.isSlow && { allowRequest: () => new Promise((resolve) => setTimeout(resolve, 20, true)) }),
};

const home: BunFetch = async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return new Response("home");
  if (pathname === "/echo") return new Response(await request.text());
  if (pathname === "/socket.io/") return new Response("the application's own");
  return new Response("nowhere", { status: 404 });
};

const { socketio, port, close } = await start();
handle(socketio);
if (plan.hasDashboard === true) socketio.dashboard({ auth: { username: "ops", password: "correct horse" } });
say({ port, asyncMode: socketio.asyncMode });
createInterface(process.stdin)
  .on("line", async () => {
    await socketio.stop();
    say({ stopped: true });
  })
  .on("close", async () => {
    await socketio.stop();
    await close();
  });

async function start() {
  switch (plan.shape) {
    case "none":
      return listening(new SocketIO(options));
    case "hono": {
      const app = new Hono();
      app.get("/", (context) => context.text("home"));
      app.post("/echo", async (context) => context.text(await context.req.text()));
      return listening(new SocketIO(app, options));
    }
    case "hono with websocket": {
      const app = new Hono();
      app.get("/", (context) => context.text("home"));
      app.post("/echo", async (context) => context.text(await context.req.text()));
      app.get(
        "/own",
        upgradeWebSocket(() => ({
          onMessage: ({ data }, webSocket) => webSocket.send(`the application's own: ${data}`),
        })),
      );
      return listening(new SocketIO({ fetch: app.fetch, websocket }, options));
    }
    case "fetch":
      return listening(new SocketIO({ fetch: home }, options));
    case "express":
      return listening(
        new SocketIO(
          express()
            .get("/", (_request, response) => void response.send("home"))
            .post("/echo", async (request, response) => void response.send(await text(request))),
          options,
        ),
      );
    case "koa": {
      const app = new Koa();
      app.use(async (context) => {
        if (context.path === "/") context.body = "home";
        if (context.path === "/echo") context.body = await text(context.req);
      });
      return listening(new SocketIO(app, options));
    }
    case "fastify": {
      const app = fastify();
      app.get("/", async () => "home");
      app.post("/echo", async (request) => request.body);
      return listening(new SocketIO(app, options));
    }
    case "node:http": {
      const server = createServer(async (request, response) => {
        const found = request.url === "/" || request.url === "/echo";
        response.writeHead(found ? 200 : 404).end(request.url === "/" ? "home" : await text(request));
      });
      return listening(new SocketIO(server, options));
    }
    case "own": {
      const socketio = new SocketIO(options);
      const websocket: Partial<BunWebSocketHandlers> = {
        message: (webSocket, message) => {
          webSocket.send(`the application's own: ${message}`);
        },
      };
      const fetch: BunFetch = (request, server) =>
        new URL(request.url).pathname === "/own" &&
        server.upgrade(request, { headers: new Headers(), data: {} })
          ? undefined
          : home(request, server);
      const handlers = socketio.bunHandlers({ fetch, websocket });
      const server = Bun.serve({ hostname: "127.0.0.1", port: 0, ...handlers });
      return { socketio, port: server.port, close: () => server.stop(true) };
    }
  }
}

async function listening(socketio: SocketIO) {
  const { port } = await socketio.run({ port: 0, ...plan.run });
  return { socketio, port, close: async () => {} };
}

function handle(socketio: SocketIO): void {
  socketio.trace((event) => {
    if (event.type === "connection close") say(event);
  });
  socketio.on("shout", (text: string) => socketio.emit("shouted", text.toUpperCase()));
  socketio.on("add", (a: number, b: number) => a + b);
  socketio.on("reverse", (bytes: Uint8Array) => Buffer.from(bytes).reverse());
  socketio.on("origin", () => ({
    address: request.address,
    secure: request.secure,
    url: request.url,
    agent: request.headers["user-agent"],
    host: request.headers.host,
  }));
  socketio.on("count", (count: number, filling: number) => {
    for (let index = 0; index < count; index += 1) emit("number", [index, "x".repeat(filling)]);
    // Emitted events are sent at the end of this tick.
    setImmediate(() => say({ counted: count }));
  });
}
