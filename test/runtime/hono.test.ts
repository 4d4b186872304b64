import { once } from "node:events";
import { createServer as createSecureServer } from "node:https";
import { Readable } from "node:stream";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { HttpServer } from "../../src/adapter/node/node-adapter.ts";
import { connect } from "./support/clients.ts";
import { describeFramework, type SitePlan } from "./support/framework.suite.ts";
import { askForUpgrade } from "./support/http.ts";

function application({ seen, story }: SitePlan): Hono {
  const app = new Hono({ strict: true });
  app.use(async (context, next) => {
    seen.push(context.req.path);
    await next();
  });
  app.get("/", (context) => context.text("home"));
  app.post("/echo", async (context) => context.text((await context.req.json()).text));
  app.get("/story", (context) => {
    const stream = Readable.toWeb(story().map((part: string) => Buffer.from(part)));
    return context.body(stream as ReadableStream<Uint8Array>);
  });
  app.get("/socket.iox", (context) => context.text("the application's own"));
  app.get("/socket.io/", (context) => context.text("the application's own"));
  return app;
}

describe("a Hono application", () => {
  describeFramework((plan) => {
    const app = application(plan);
    return {
      app,
      async listen(socketio, tls) {
        const common = { fetch: app.fetch, port: 0, hostname: "127.0.0.1" };
        const server = (
          tls ? serve({ ...common, createServer: createSecureServer, serverOptions: tls }) : serve(common)
        ) as HttpServer;
        socketio.attach(server);
        await once(server, "listening");
        return server;
      },
    };
  });

  it("gets Node's own request and response, as from serve()", async () => {
    const app = new Hono();
    app.get("/address", (context) => context.text(String(getConnInfo(context).remote.address)));
    const socketio = new SocketIO(app);
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(`${url}/address`)).text()).toBe("127.0.0.1");
  });

  it("has its own upgradeWebSocket(), as from serve({ websocket })", async () => {
    const app = new Hono().get(
      "/ws",
      upgradeWebSocket(() => ({ onMessage: ({ data }, webSocket) => webSocket.send(`echo ${data}`) })),
    );
    const socketio = new SocketIO(app);
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    await connect(url, { transports: ["websocket"] });
    const webSocket = new WebSocket(`${url}/ws`);
    onTestFinished(() => webSocket.terminate());
    await once(webSocket, "open");
    webSocket.send("hello");
    expect(String((await once(webSocket, "message"))[0])).toBe("echo hello");
    expect(await askForUpgrade(url, "/nowhere")).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("may be any object with a fetch method", async () => {
    const socketio = new SocketIO({
      fetch: (request: Request) => new Response(`at ${new URL(request.url).pathname}`),
    });
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(`${url}/page`)).text()).toBe("at /page");
    await connect(url);
  });
});
