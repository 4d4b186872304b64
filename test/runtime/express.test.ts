import { once } from "node:events";
import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import express from "express";
import { emit, request, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, next } from "./support/clients.ts";
import { describeFramework, type SitePlan } from "./support/framework.suite.ts";

function application({ seen, story }: SitePlan) {
  const app = express();
  app.use((request, _response, next) => {
    seen.push(request.path);
    next();
  });
  app.use(express.json({ limit: "1mb" }));
  app.get("/", (_request, response) => void response.send("home"));
  app.post("/echo", (request, response) => void response.send(request.body.text));
  app.get("/story", (_request, response) => void story().pipe(response));
  app.get(
    ["/socket.iox", "/socket.io/"],
    (_request, response) => void response.send("the application's own"),
  );
  return app;
}

describe("an Express application", () => {
  describeFramework((plan) => {
    const app = application(plan);
    return {
      app,
      async listen(socketio, tls) {
        const server: Server = tls
          ? createSecureServer(tls, app).listen(0, "127.0.0.1")
          : app.listen(0, "127.0.0.1");
        socketio.attach(server);
        await once(server, "listening");
        return server;
      },
    };
  });

  it("takes routes that are added after Roomcast", async () => {
    const app = express();
    const socketio = new SocketIO(app);
    onTestFinished(() => socketio.stop());
    app.get("/late", (_request, response) => void response.send("late"));
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(`${url}/late`)).text()).toBe("late");
  });

  it("lets a route send to clients", async () => {
    const app = express();
    app.use(express.json());
    const socketio = new SocketIO(app);
    onTestFinished(() => socketio.stop());
    socketio.on("connect", () => emit("you are", request.sid));
    app.post("/notify/:sid", (request, response) => {
      socketio.emit("notice", request.body, { to: request.params.sid });
      response.sendStatus(204);
    });
    const { url } = await socketio.run({ port: 0 });
    const client = await connect(url);
    const heard = next(client, "notice");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ text: "tea is ready" });
    expect((await fetch(`${url}/notify/${client.id}`, { method: "POST", headers, body })).status).toBe(204);
    expect(await heard).toEqual({ text: "tea is ready" });
  });
});
