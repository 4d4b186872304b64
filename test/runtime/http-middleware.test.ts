import { createServer } from "node:http";
import cookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import express from "express";
import express4 from "express-4";
import expressSession, { MemoryStore } from "express-session";
import fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import Koa from "koa";
import koaSession from "koa-session";
import { Passport } from "passport";
import { Strategy } from "passport-local";
import { emit, type HttpMiddleware, type RoomcastError, request, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Server } from "../../src/compat/index.ts";
import { roomcast } from "../../src/fastify.ts";
import { connect, next, open, refusal, transports, upgraded } from "./support/clients.ts";
import { ask, listen, urlOf } from "./support/http.ts";
import { MemoryLogger } from "./support/memory-logger.ts";
import { Visitor } from "./support/visitor.ts";

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** Sends a request that would open a connection, and is refused. */
function knock(url: string, transport: string, headers: Record<string, string> = {}) {
  return ask(url, {
    path: `/socket.io/?EIO=4&transport=${transport}`,
    headers: { ...headers, ...(transport === "websocket" ? upgrade : {}) },
  });
}

/** The cookies that are set when a connection opens. */
async function cookiesAtOpening(url: string, transport: string): Promise<readonly string[]> {
  if (transport === "polling") return (await knock(url, transport)).headers["set-cookie"] ?? [];
  const client = open(url, { transports: [transport] });
  const headers = await new Promise<Record<string, string[]>>((resolve, reject) => {
    client.once("connect_error", reject);
    const { ws } = client.io.engine.transport as unknown as {
      ws: {
        once(name: "upgrade", listener: (response: { headers: Record<string, string[]> }) => void): void;
      };
    };
    ws.once("upgrade", ({ headers }) => resolve(headers));
  });
  return headers["set-cookie"] ?? [];
}

async function serve(app: ConstructorParameters<typeof SocketIO>[0], httpMiddleware: HttpMiddleware) {
  const logger = new MemoryLogger();
  const socketio = new SocketIO(app, { httpMiddleware, logger });
  onTestFinished(() => socketio.stop());
  const { url } = await socketio.run({ port: 0, host: "127.0.0.1" });
  return { socketio, logger, url };
}

/** An application of Express with logins by Passport. */
function login(make: typeof express) {
  const app = make();
  const store = new MemoryStore();
  const session = expressSession({ store, secret: "changeit", resave: false, saveUninitialized: true });
  const passport = new Passport();
  passport.use(
    new Strategy((username, password, done) => done(null, password === "doe" ? { username } : false)),
  );
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  const middleware = [session, passport.initialize(), passport.session()];
  app.use(...middleware, make.urlencoded({ extended: false }));
  app.post(
    "/login",
    (req, res, proceed) => {
      req.body ??= {};
      Object.assign(req.body, { username: "john", password: "doe" });
      passport.authenticate("local")(req, res, proceed);
    },
    (_req, res) => void res.sendStatus(204),
  );
  app.get("/session", (req, res) => void res.json(req.session));
  const mustBeIn: express.RequestHandler = (req, res, proceed) => {
    if (req.isAuthenticated()) proceed();
    else res.status(401).json({ message: "Log in first" });
  };
  return { app, middleware: middleware as express.RequestHandler[], mustBeIn };
}

describe.each([
  ["4", express4],
  ["5", express],
])("Middleware of Express %s before clients connect", (_, make) => {
  describe.each(transports)("over %s", (transport) => {
    it("leaves the user of Passport and the session on request.http", async () => {
      const { app, middleware, mustBeIn } = login(make);
      const { url, socketio } = await serve(app, [...middleware, mustBeIn]);
      socketio.events({
        connect: () => emit("welcome", request.http.user.username),
        async whoami() {
          await new Promise(setImmediate);
          const { http } = request;
          return [
            http.user,
            http.session.passport,
            http.get("x-tab"),
            http.query.transport,
            http.originalUrl,
          ];
        },
      });
      const visitor = new Visitor(url);
      await visitor.post("/login");
      const client = open(url, {
        transports: [transport],
        extraHeaders: { ...visitor.headers, "x-tab": "7" },
      });
      expect(await next(client, "welcome")).toBe("john");
      expect(await client.emitWithAck("whoami")).toEqual([
        { username: "john" },
        { user: { username: "john" } },
        "7",
        transport,
        expect.stringMatching(/^\/socket\.io\/\?EIO=4/),
      ]);
    });

    it("refuses clients with an answer of its own", async () => {
      const { app, middleware, mustBeIn } = login(make);
      const { url, logger } = await serve(app, [...middleware, mustBeIn]);
      const error = await refusal(open(url, { transports: [transport] }));
      expect(error.message).toBe(transport === "polling" ? "xhr poll error" : "websocket error");
      const { status, text, headers } = await knock(url, transport);
      expect([status, text]).toEqual([401, '{"message":"Log in first"}']);
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(headers["set-cookie"]).toHaveLength(1);
      expect(logger.errors).toEqual([]);
    });

    it("sends clients elsewhere, and refuses them by an error with a status", async () => {
      const { url, logger } = await serve(make(), [
        (req: express.Request, res: express.Response, proceed: express.NextFunction) => {
          if (req.headers["x-case"] === "redirect") res.redirect("/login");
          else if (req.headers["x-case"] === "banned")
            proceed(Object.assign(new Error("banned"), { status: 403 }));
          else proceed(new Error("the store is down"));
        },
      ]);
      const redirect = await knock(url, transport, { "x-case": "redirect" });
      expect([redirect.status, redirect.headers.location]).toEqual([302, "/login"]);
      const banned = await knock(url, transport, { "x-case": "banned" });
      expect([banned.status, banned.text]).toEqual([403, '{"code":4,"message":"banned"}']);
      expect(logger.errors).toEqual([]);
      const failed = await knock(url, transport);
      expect([failed.status, failed.text]).toEqual([500, '{"code":3,"message":"Internal Server Error"}']);
      expect(logger.errors).toMatchObject([
        { message: expect.stringContaining("httpMiddleware"), error: { message: "the store is down" } },
      ]);
    });

    it("sets cookies at the opening, and saves the session that they name", async () => {
      const { app, middleware } = login(make);
      const count: express.RequestHandler = (req, res, proceed) => {
        Object.assign(req.session, { opened: true });
        res.cookie("theme", "dark");
        proceed();
      };
      const { url } = await serve(app, [...middleware, count]);
      const cookies = await cookiesAtOpening(url, transport);
      expect(cookies.map((each) => each.split("=")[0]).sort()).toEqual(["connect.sid", "theme"]);
      const answer = await fetch(`${url}/session`, {
        headers: { cookie: cookies.map((each) => each.split(";")[0]).join("; ") },
      });
      expect(await answer.json()).toMatchObject({ opened: true });
    });
  });

  it("runs once for a connection, whose upgrade and polls do not pass it", async () => {
    const seen: unknown[] = [];
    const { url, socketio } = await serve(make(), (req: express.Request, _: unknown, proceed: () => void) => {
      seen.push(req.query.sid);
      proceed();
    });
    socketio.on("transport", () => request.transport);
    const client = await connect(url);
    await upgraded(client);
    expect(await client.emitWithAck("transport")).toBe("websocket");
    expect(seen).toEqual([undefined]);
  });

  it("is that of the whole application by true, which answers as it does elsewhere", async () => {
    const { app, mustBeIn } = login(make);
    app.use("/socket.io", mustBeIn);
    const { url, socketio } = await serve(app, true);
    socketio.on("whoami", () => request.http.user.username);
    for (const transport of transports) expect((await knock(url, transport)).status).toBe(401);
    const visitor = new Visitor(url);
    await visitor.post("/login");
    const client = await connect(url, { extraHeaders: visitor.headers });
    expect(await client.emitWithAck("whoami")).toBe("john");
  });
});

describe("Middleware in the form of Connect", () => {
  it("needs no application, and has a function for errors", async () => {
    const server = await listen(createServer());
    const socketio = new SocketIO({
      httpMiddleware: [
        (req: { user?: string; headers: object }, _: unknown, proceed: (error?: unknown) => void) => {
          req.user = "ada";
          proceed("x-fail" in req.headers ? new Error("no") : undefined);
        },
        (error: Error, _: unknown, res: { end(text: string): void; statusCode: number }, _next: unknown) => {
          res.statusCode = 418;
          res.end(error.message);
        },
      ],
    });
    onTestFinished(() => socketio.stop());
    socketio.attach(server);
    socketio.on("whoami", () => request.http.user);
    const url = urlOf(server);
    for (const transport of transports) {
      const client = await connect(url, { transports: [transport] });
      expect(await client.emitWithAck("whoami")).toBe("ada");
      expect(await knock(url, transport, { "x-fail": "1" })).toMatchObject({ status: 418, text: "no" });
    }
  });

  it("sees the requests of test clients as well", async () => {
    const socketio = new SocketIO({
      httpMiddleware: (
        req: { headers: { authorization?: string }; user?: string | undefined },
        _: unknown,
        proceed: (e?: unknown) => void,
      ) => {
        req.user = req.headers.authorization;
        proceed(req.user === undefined ? Object.assign(new Error("who?"), { status: 401 }) : undefined);
      },
    });
    onTestFinished(() => socketio.stop());
    socketio.on("whoami", () => request.http.user);
    const client = socketio.testClient({ headers: { authorization: "ada" } });
    await client.connect();
    expect(await client.call("whoami")).toBe("ada");
    await expect(socketio.testClient().connect()).rejects.toThrow('401 {"code":4,"message":"who?"}');
  });

  it("is not asked where another page's request is refused", async () => {
    let asked = 0;
    const { url } = await serve(null, (_req: unknown, _res: unknown, proceed: () => void) => {
      asked += 1;
      proceed();
    });
    for (const transport of transports)
      expect((await knock(url, transport, { origin: "https://evil.example" })).status).toBe(403);
    expect(asked).toBe(0);
  });
});

describe.each(transports)("Middleware of Koa before clients connect over %s", (transport) => {
  it("leaves its context as request.http, and is over before", async () => {
    const app = new Koa();
    app.keys = ["changeit"];
    app.silent = true;
    app.use(koaSession(app));
    app.use(async (ctx, proceed) => {
      if (ctx.get("x-user") === "") ctx.throw(401, "Log in first");
      ctx.state.user = ctx.get("x-user");
      await proceed();
      if (ctx.session !== null) ctx.session.user = ctx.state.user;
    });
    const { url, socketio } = await serve(app, true);
    socketio.on("whoami", () => [request.http.state.user, request.http.session.user, request.http.path]);
    const client = await connect(url, { transports: [transport], extraHeaders: { "x-user": "ada" } });
    expect(await client.emitWithAck("whoami")).toEqual(["ada", "ada", "/socket.io/"]);
    expect(await knock(url, transport)).toMatchObject({ status: 401, text: "Log in first" });
  });

  it("may be listed, and answers without going on", async () => {
    const app = new Koa();
    app.use((ctx) => ctx.throw(500));
    const { url, socketio } = await serve(app, [
      async (ctx: Koa.Context, proceed: Koa.Next) => {
        ctx.cookies.set("seen", "yes");
        if (ctx.get("x-user") !== "") return proceed();
        ctx.redirect("/login");
      },
    ]);
    socketio.on("whoami", () => request.http.get("x-user"));
    const client = await connect(url, { transports: [transport], extraHeaders: { "x-user": "ada" } });
    expect(await client.emitWithAck("whoami")).toBe("ada");
    const { status, headers } = await knock(url, transport);
    expect([status, headers.location]).toEqual([302, "/login"]);
  });
});

describe.each(transports)("Hooks of Fastify before clients connect over %s", (transport) => {
  async function application(): Promise<FastifyInstance> {
    const app = fastify();
    onTestFinished(() => app.close());
    await app.register(cookie);
    await app.register(fastifySession, {
      secret: "a secret with at least 32 characters",
      cookie: { secure: false },
    });
    app.decorateRequest("user", "");
    app.addHook("onRequest", async (req, reply) => {
      const user = req.headers["x-user"];
      if (user === undefined) return reply.code(401).send({ message: "Log in first" });
      Object.assign(req, { user });
      req.session.set("user" as never, user as never);
    });
    return app;
  }

  it("leave the decorated request as request.http", async () => {
    const app = await application();
    await app.register(roomcast, { httpMiddleware: true });
    app.socketio.on("whoami", () => [
      request.http.user,
      request.http.session.get("user"),
      request.http.raw.url,
    ]);
    await app.listen({ port: 0, host: "127.0.0.1" });
    const url = urlOf(app.server);
    const client = await connect(url, { transports: [transport], extraHeaders: { "x-user": "ada" } });
    expect(await client.emitWithAck("whoami")).toEqual([
      "ada",
      "ada",
      expect.stringContaining(`/socket.io/?EIO=4&transport=${transport}`),
    ]);
    expect(await knock(url, transport)).toMatchObject({ status: 401, text: '{"message":"Log in first"}' });
  });

  it("may be followed by others, for clients alone, also where their path has no slash", async () => {
    const app = await application();
    const { url, socketio } = await serve(app, [
      async (req: { user: string }) => {
        if (req.user !== "ada") throw Object.assign(new Error("Not you"), { statusCode: 403 });
      },
    ]);
    socketio.on("whoami", () => request.http.user);
    const client = await connect(url, {
      transports: [transport],
      addTrailingSlash: false,
      extraHeaders: { "x-user": "ada" },
    });
    expect(await client.emitWithAck("whoami")).toBe("ada");
    expect((await knock(url, transport, { "x-user": "bob" })).status).toBe(403);
  });
});

describe.each(transports)("Middleware of Hono before clients connect over %s", (transport) => {
  it("leaves its context as request.http", async () => {
    type Variables = { Variables: { user: string } };
    const app = new Hono<Variables>();
    app.get("/", (c) => c.text("home"));
    app.use(async (c, proceed) => {
      const user = c.req.header("x-user");
      if (user === undefined) throw new HTTPException(401, { message: "Log in first" });
      c.set("user", user);
      setCookie(c, "a", "1");
      setCookie(c, "b", "2");
      await proceed();
    });
    const { url, socketio } = await serve(app, true);
    socketio.on("whoami", () => [request.http.get("user"), request.http.req.path]);
    const client = await connect(url, { transports: [transport], extraHeaders: { "x-user": "ada" } });
    expect(await client.emitWithAck("whoami")).toEqual(["ada", "/socket.io/"]);
    expect(await knock(url, transport)).toMatchObject({ status: 401, text: "Log in first" });
    expect(await (await fetch(url)).text()).toBe("home");
  });

  it("may be listed, and answers without going on", async () => {
    const app = new Hono();
    const { url, socketio } = await serve(app, [
      async (c: Parameters<typeof getCookie>[0], proceed: () => Promise<void>) => {
        if (getCookie(c, "user") === undefined) return c.redirect("/login");
        deleteCookie(c, "once");
        return proceed();
      },
    ]);
    socketio.on("whoami", () => getCookie(request.http as never, "user"));
    const extraHeaders = { cookie: "user=ada" };
    const client = await connect(url, { transports: [transport], extraHeaders });
    expect(await client.emitWithAck("whoami")).toBe("ada");
    const { status, headers } = await knock(url, transport);
    expect([status, headers.location]).toEqual([302, "/login"]);
  });
});

describe("request.http", () => {
  it("says which option it needs", async () => {
    const socketio = new SocketIO();
    const client = socketio.testClient();
    let seen: unknown;
    socketio.on("read", () => {
      try {
        return request.http.url;
      } catch (error) {
        seen = error;
        return null;
      }
    });
    await client.connect();
    await client.emit("read");
    expect((seen as RoomcastError).code).toBe("ERR_STATE");
    expect((seen as RoomcastError).message).toContain("httpMiddleware");
  });

  it("is the request of the bridge in handlers beside it", async () => {
    const server = await listen(createServer());
    const io = new Server(server, { logger: new MemoryLogger() });
    onTestFinished(() => io.close());
    io.engine.use((req: { user?: string }, _res: unknown, proceed: () => void) => {
      req.user = "ada";
      proceed();
    });
    io.roomcast.on("whoami", () => request.http.user);
    io.on("connection", (socket) =>
      socket.on("old", (answer) => answer((socket.request as unknown as { user: string }).user)),
    );
    const client = await connect(urlOf(server));
    expect(await client.emitWithAck("whoami")).toBe("ada");
    expect(await client.emitWithAck("old")).toBe("ada");
  });

  it("is that of both where the bridge has the option", async () => {
    const server = await listen(createServer());
    const httpMiddleware = (req: { user?: string }, _res: unknown, proceed: () => void) => {
      req.user = "ada";
      proceed();
    };
    const io = new Server(server, { logger: new MemoryLogger(), httpMiddleware });
    onTestFinished(() => io.close());
    io.roomcast.on("whoami", () => request.http.user);
    io.on("connection", (socket) =>
      socket.on("old", (answer) => answer((socket.request as unknown as { user: string }).user)),
    );
    const client = await connect(urlOf(server));
    expect(await client.emitWithAck("whoami")).toBe("ada");
    expect(await client.emitWithAck("old")).toBe("ada");
  });
});
