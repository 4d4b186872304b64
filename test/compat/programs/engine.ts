/** Programs about requests, their middleware and headers, about connections and recovery. */

import { IncomingMessage, request } from "node:http";
import type { Program, Stage } from "./stage.ts";

/** The status, the header fields and the body of an answer. */
export async function ask(
  stage: Stage,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
  sentBody = "",
): Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(stage.url + path, { method, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on("error", reject).end(sentBody);
  });
}

export const polling = "/socket.io/?EIO=4&transport=polling";

/** The programs by what they show. */
export const engine: Readonly<Record<string, Program>> = {
  "middleware around requests": async (stage) => {
    const io = stage.serve();
    io.engine.use(
      (req: { user?: string; headers: Record<string, string> }, res: unknown, next: () => void) => {
        req.user = `user of ${req.headers["x-who"]}`;
        (res as { setHeader(name: string, value: string): void }).setHeader("x-middleware", "yes");
        setTimeout(next, 2);
      },
    );
    io.on("connection", (socket) => {
      socket.emit("user", (socket.request as unknown as { user: string }).user);
    });
    await stage.join("ada", "/", { extraHeaders: { "x-who": "Ada" } });
    await stage.seen("ada", "user of");
    const { status, headers } = await ask(stage, polling, { "x-who": "Bob" });
    stage.log(status, headers["x-middleware"]);
  },

  "the request of a client, when nothing has looked at it before": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      const { request } = socket;
      const { method, url = "", headers, httpVersion, rawHeaders } = request;
      stage.log(method, url.split("?")[0], headers["x-who"], httpVersion, request instanceof IncomingMessage);
      stage.log(
        rawHeaders.includes("Ada"),
        request.socket.remoteAddress,
        request.connection === request.socket,
      );
      const { _query: query } = request as unknown as { _query: Record<string, string> };
      stage.log(query.EIO, query.room, query.transport);
      Object.assign(request, { user: "Ada" });
      stage.log(socket.conn.request === request, Reflect.get(socket.request, "user"));
    });
    await stage.join("ada", "/", { extraHeaders: { "x-who": "Ada" }, query: { room: "tea" } });
  },

  "middleware that refuses a request": async (stage) => {
    const io = stage.serve();
    io.engine.use((req: { headers: Record<string, string> }, res: unknown, next: () => void) => {
      if (req.headers["x-key"] === "right") next();
      else (res as { writeHead(status: number): { end(text: string): void } }).writeHead(401).end("no key");
    });
    const { status, body } = await ask(stage, polling);
    stage.log(status, body);
    stage.log((await ask(stage, polling, { "x-key": "right" })).status);
    stage.client("ada");
    await stage.seen("ada", "connect_error");
    await stage.join("bob", "/", { extraHeaders: { "x-key": "right" } });
  },

  "header fields of answers": async (stage) => {
    const io = stage.serve();
    io.engine.on("initial_headers", (headers, req) => {
      headers["x-initial"] = req.headers["x-who"] ?? "nobody";
      headers["set-cookie"] = ["a=1", "b=2"];
    });
    io.engine.on("headers", (headers) => {
      headers["x-each"] = "yes";
    });
    const first = await ask(stage, polling, { "x-who": "Ada" });
    const { sid } = JSON.parse(first.body.slice(1));
    stage.log(first.headers["x-initial"], first.headers["set-cookie"], first.headers["x-each"]);
    const second = await ask(stage, `${polling}&sid=${sid}`, {}, "POST", "40");
    stage.log(second.headers["x-initial"], second.headers["x-each"]);
    await stage.join("bob");
  },

  "cookies of middleware beside that of the connection": async (stage) => {
    const io = stage.serve({ cookie: { name: "io", path: "/", httpOnly: true, sameSite: "lax" } });
    io.engine.use((_req: unknown, res: unknown, next: () => void) => {
      (res as { setHeader(name: string, value: string): void }).setHeader("Set-Cookie", "own=1");
      next();
    });
    const { headers } = await ask(stage, polling);
    const names = (value: unknown) => [value].flat().map((each) => String(each).split("=")[0]);
    stage.log(names(headers["set-cookie"]).sort());
    stage.log(
      /^io=[\w-]{20}; Path=\/; HttpOnly; SameSite=Lax$/.test(
        String([headers["set-cookie"]].flat().find((each) => String(each).startsWith("io="))),
      ),
    );
  },

  "a cookie of a listener in place of that of the connection": async (stage) => {
    const io = stage.serve({ cookie: true });
    io.engine.on("initial_headers", (headers) => {
      headers["Set-Cookie"] = "own=1";
    });
    const { status, headers } = await ask(stage, polling);
    stage.log(status);
    stage.log(headers["set-cookie"]);
  },

  "requests that are refused": async (stage) => {
    const io = stage.serve({
      allowRequest: (req, done) => {
        if (req.headers["x-key"] === "old") done("too old", false);
        else done(null, req.headers["x-key"] !== "wrong");
      },
    });
    io.engine.on("connection_error", ({ req, code, message, context }) =>
      stage.log("connection_error", code, message, req.method, req.url?.slice(0, 12), context),
    );
    for (const path of [
      "/socket.io/?EIO=4&transport=other",
      `${polling}&sid=unknown`,
      "/socket.io/?EIO=3&transport=polling",
    ]) {
      const { status, body } = await ask(stage, path);
      stage.log(status, body);
    }
    stage.log((await ask(stage, polling, {}, "PUT")).status);
    for (const key of ["wrong", "old"]) {
      const { status } = await ask(stage, polling, { "x-key": key });
      stage.log(status);
    }
    stage.client("ada", "/", { extraHeaders: { "x-key": "wrong" } });
    await stage.seen("ada", "connect_error");
  },

  "ids of connections": async (stage) => {
    const io = stage.serve();
    let count = 0;
    io.engine.generateId = async (req) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      count += 1;
      return `id-${req.headers["x-who"]}-${count}`;
    };
    io.on("connection", (socket) => {
      const { id } = socket.client as unknown as { id: string };
      socket.emit("ids", id, (socket.conn as unknown as { id: string }).id);
      stage.log(socket.id === id);
    });
    await stage.join("ada", "/", { extraHeaders: { "x-who": "Ada" } });
    await stage.seen("ada", "ids");
  },

  "connections and their packets": async (stage) => {
    const io = stage.serve();
    io.engine.on("connection", (conn: { id: string; transport: { name: string } }) => {
      stage.log("connection", typeof conn.id, conn.transport.name);
    });
    io.on("connection", (socket) => {
      const { conn } = socket;
      conn.on("packet", ({ type, data }) => stage.log("packet", type, data));
      conn.on("packetCreate", ({ type, data }) => stage.log("create", type, data));
      conn.on("close", (reason) => stage.log("close", reason, io.engine.clientsCount));
      socket.on("say", (text, done) => {
        conn.once("drain", () => stage.log("drain"));
        done(text);
      });
      socket.on("disconnect", () => stage.log("disconnect"));
      socket.on("bytes", (_bytes, done) => done());
      socket.on("leave", () => socket.disconnect(true));
    });
    const ada = await stage.join("ada");
    await ada.emitWithAck("say", "hi");
    await ada.emitWithAck("bytes", Buffer.from([1]));
    ada.emit("leave");
    await stage.seen("server", "close");
    await stage.seen("ada", "disconnect");
  },

  "the change of a connection to WebSocket": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      stage.log(socket.conn.transport.name);
      socket.conn.on("upgrade", (transport) => {
        stage.log("upgrade", transport.name, socket.conn.transport.name);
        socket.emit("upgraded");
      });
    });
    await stage.join("ada", "/", { transports: ["polling", "websocket"] });
    await stage.seen("ada", "upgraded");
  },

  "pages of other origins": async (stage) => {
    stage.serve({
      cors: {
        origin: ["https://a.test", /\.b\.test$/],
        credentials: true,
        allowedHeaders: ["x-own"],
        methods: ["GET", "POST"],
      },
    });
    for (const origin of ["https://a.test", "https://x.b.test"]) {
      const { status, headers } = await ask(stage, polling, { origin });
      stage.log(status, headers["access-control-allow-origin"], headers["access-control-allow-credentials"]);
    }
    const preflight = await ask(
      stage,
      polling,
      { origin: "https://a.test", "access-control-request-method": "POST" },
      "OPTIONS",
    );
    stage.log(preflight.status, preflight.headers["access-control-allow-origin"]);
    stage.log(
      preflight.headers["access-control-allow-headers"],
      preflight.headers["access-control-allow-methods"],
    );
    const other = await ask(stage, polling, { origin: "https://c.test" });
    stage.log(other.headers["access-control-allow-origin"]);
  },

  "pages of any origin, decided by a function": async (stage) => {
    stage.serve({
      cors: { origin: (origin, done) => setTimeout(done, 1, null, origin === "https://a.test") },
    });
    const { headers } = await ask(stage, polling, { origin: "https://a.test" });
    stage.log(headers["access-control-allow-origin"]);
    const other = await ask(stage, polling, { origin: "https://c.test" });
    stage.log(other.headers["access-control-allow-origin"]);
    const preflight = await ask(
      stage,
      polling,
      { origin: "https://a.test", "access-control-request-headers": "x-a, x-b" },
      "OPTIONS",
    );
    stage.log(preflight.status, preflight.headers["access-control-allow-headers"]);
  },

  "another path, and listening later": async (stage) => {
    const io = stage.keep(new stage.Server({ ...stage.needed, path: "/live/", serveClient: false }));
    stage.log(io.path(), io.serveClient(), io.connectTimeout());
    stage.log(io.attach(stage.http, { pingInterval: 7000 }) === io, io.httpServer === stage.http);
    io.on("connection", (socket) => socket.emit("hello", socket.handshake.url.split("?")[0]));
    const { body } = await ask(stage, polling.replace("socket.io", "live"));
    stage.log(JSON.parse(body.slice(1)).pingInterval);
    await stage.join("ada", "/", { path: "/live" });
    await stage.seen("ada", "hello");
  },

  "clients that come back with their state": async (stage) => {
    const io = stage.serve({ connectionStateRecovery: { maxDisconnectionDuration: 60_000 } });
    let middleware = 0;
    io.use((_socket, next) => {
      middleware += 1;
      next();
    });
    io.on("connection", (socket) => {
      stage.log("connection", socket.recovered, socket.data, socket.rooms.has("room"), middleware);
      if (!socket.recovered) {
        socket.join("room");
        socket.data = { name: "Ada" };
      }
      socket.on("disconnect", (reason) => {
        stage.log("disconnect", reason);
        io.to("room").emit("missed", 1);
        io.emit("missed", 2);
        io.to("other").emit("not for her");
      });
      socket.on("ask", (done) => done(socket.id));
    });
    const ada = await stage.join("ada");
    io.emit("before");
    await stage.seen("ada", "before");
    const { id } = ada;
    const lost = new Promise((resolve) => ada.once("disconnect", resolve));
    ada.io.engine.close();
    await lost;
    await stage.seen("server", "disconnect");
    ada.connect();
    await stage.seen("ada", "missed 2");
    stage.log((await ada.emitWithAck("ask")) === id, ada.recovered);
  },

  "middleware for clients that come back": async (stage) => {
    const io = stage.serve({ connectionStateRecovery: { skipMiddlewares: false } });
    io.use((socket, next) => {
      stage.log("middleware", socket.recovered);
      next();
    });
    io.on("connection", (socket) => {
      stage.log("connection", socket.recovered);
      socket.on("disconnect", () => stage.log("disconnect"));
    });
    const ada = await stage.join("ada");
    io.emit("before");
    await stage.seen("ada", "before");
    const lost = new Promise((resolve) => ada.once("disconnect", resolve));
    ada.io.engine.close();
    await lost;
    await stage.seen("server", "disconnect");
    ada.connect();
    await stage.seen("server", "connection true");
  },
};
