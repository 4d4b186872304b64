import dns from "node:dns";
import { once } from "node:events";
import { createServer, Server } from "node:http";
import { createServer as createNetServer } from "node:net";
import { fileURLToPath } from "node:url";
import express from "express";
import fastify from "fastify";
import {
  disconnect,
  emit,
  joinRoom,
  leaveRoom,
  RoomcastError,
  request,
  SocketIO,
  type TlsOptions,
} from "roomcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { certificate } from "./support/certificate.ts";
import { Child } from "./support/child.ts";
import { connect, next, open, refusal, secretOf, transports, upgraded } from "./support/clients.ts";
import { ask, listen, urlOf } from "./support/http.ts";
import { MemoryLogger } from "./support/memory-logger.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every kind of application, each made for one test. */
const applications: Record<string, () => object | undefined> = {
  nothing: () => undefined,
  "an Express application": () => express(),
  "a Fastify application": () => fastify(),
  "a node:http server": () => createServer((_request, response) => response.end()),
};

function create(app?: object | undefined, options: ConstructorParameters<typeof SocketIO>[1] = {}) {
  const logger = new MemoryLogger();
  const socketio = new SocketIO(app ?? null, { logger, ...options });
  onTestFinished(() => socketio.stop());
  return { socketio, logger };
}

/** The one error with which a promise rejects. */
async function errorOf(promise: Promise<unknown>): Promise<RoomcastError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(RoomcastError);
  return error as RoomcastError;
}

describe("run()", () => {
  it.each(Object.keys(applications))("says where it listens and in which async mode: %s", async (kind) => {
    const { socketio, logger } = create(applications[kind]?.());
    const { host, port, url } = await socketio.run({ port: 0 });
    expect(host).toBe("127.0.0.1");
    expect(port).toBeGreaterThan(0);
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(logger.infos).toEqual([`Roomcast is listening on ${url} (async mode: node)`]);
    await fetch(url);
  });

  it.each([
    ["0.0.0.0", "http://localhost:"],
    ["::", "http://localhost:"],
    ["::1", "http://[::1]:"],
    ["localhost", "http://localhost:"],
  ])("names an address that a browser can open for the host %s", async (host, start) => {
    const { socketio, logger } = create();
    const { url } = await socketio.run({ host, port: 0 });
    expect(url.startsWith(start)).toBe(true);
    expect(logger.infos[0]).toContain(url);
    await fetch(url);
  });

  it("says https where it serves over TLS", async () => {
    const { socketio, logger } = create();
    socketio.on("secure", () => request.secure);
    const { url } = await socketio.run({ port: 0, tls: certificate });
    expect(logger.infos).toEqual([`Roomcast is listening on ${url} (async mode: node)`]);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    for (const transport of transports) {
      const client = await connect(url, { transports: [transport], ca: certificate.cert });
      expect(await client.emitWithAck("secure")).toBe(true);
    }
    expect((await ask(url)).status).toBe(404);
  });

  it.each(Object.keys(applications))(
    "says that the port is in use, and can be called again: %s",
    async (kind) => {
      const { port } = new URL(urlOf(await listen(createServer())));
      const { socketio, logger } = create(applications[kind]?.());
      const error = await errorOf(socketio.run({ port: Number(port) }));
      expect(error.code).toBe("ERR_LISTEN");
      expect(error.message).toBe(
        `Port ${port} on 127.0.0.1 is in use. Stop the program that uses it, or choose another: socketio.run({ port: ${Number(port) + 1} }).`,
      );
      expect(error.cause).toMatchObject({ code: "EADDRINUSE" });
      expect(logger.infos).toEqual([]);

      const { url } = await socketio.run({ port: 0 });
      const client = await connect(url);
      expect(client.connected).toBe(true);
    },
  );

  it("says that a port needs privileges", async () => {
    // Whether a port needs them depends on the machine, so this server only pretends.
    const server = createServer();
    server.listen = () => {
      const denied = Object.assign(new Error("listen EACCES: permission denied 127.0.0.1:80"), {
        code: "EACCES",
      });
      queueMicrotask(() => server.emit("error", denied));
      return server;
    };
    const error = await errorOf(create(server).socketio.run({ port: 80 }));
    expect(error).toMatchObject({
      code: "ERR_LISTEN",
      message: expect.stringMatching(/^Port 80 on 127\.0\.0\.1 .* rights; choose another/),
    });
  });

  it("says that the machine has no such address", async () => {
    const error = await errorOf(create().socketio.run({ host: "203.0.113.7", port: 0 }));
    expect(error).toMatchObject({
      code: "ERR_LISTEN",
      message: expect.stringMatching(/no address 203\.0\.113\.7.*"0\.0\.0\.0"/),
    });
  });

  it.each(["ENOTFOUND", "EAI_AGAIN"])("says that the host's name is not known (%s)", async (code) => {
    const unknown = Object.assign(new Error(`getaddrinfo ${code} tea.invalid`), { code });
    vi.spyOn(dns, "lookup").mockImplementation(((...values: unknown[]) => {
      setImmediate(values.at(-1) as (error: Error) => void, unknown);
    }) as never);
    onTestFinished(() => void vi.restoreAllMocks());
    const error = await errorOf(create().socketio.run({ host: "tea.invalid", port: 0 }));
    expect(error).toMatchObject({
      code: "ERR_LISTEN",
      message: expect.stringMatching(/host name tea\.invalid is not known/),
    });
  });

  it.each([-1, 65_536, 1.5, Number.NaN])("refuses the port %d", async (port) => {
    const { socketio } = create();
    const error = await errorOf(socketio.run({ port }));
    expect(error.message).toContain(String(port));
    await socketio.run({ port: 0 });
  });

  it.each<[string, unknown]>([
    ["no certificate", {}],
    ["a certificate without its key", { cert: certificate.cert }],
    ["names of files", { cert: "cert.pem", key: "key.pem" }],
    ["a key that is none", { cert: certificate.cert, key: "secret" }],
  ])("says which part of tls is wrong: %s", async (_, tls) => {
    const { socketio } = create();
    const error = await errorOf(socketio.run({ port: 0, tls: tls as TlsOptions }));
    expect(error.code).toBe("ERR_LISTEN");
    expect(error.message).toMatch(/^The tls options cannot be used: .*readFileSync\("cert\.pem"\)/);
    const { url } = await socketio.run({ port: 0, tls: certificate });
    expect((await ask(url)).status).toBe(404);
  });

  it("refuses tls that is no object", async () => {
    const error = await errorOf(create().socketio.run({ port: 0, tls: true as unknown as TlsOptions }));
    expect(error.code).toBe("ERR_OPTION");
    expect(error.message).toMatch(/"tls" of run\(\) must be an object \{ cert, key \}/);
  });

  it.each(Object.keys(applications))("cannot be called twice: %s", async (kind) => {
    const { socketio } = create(applications[kind]?.());
    const running = socketio.run({ port: 0 });
    expect(await errorOf(socketio.run({ port: 0 }))).toMatchObject({
      code: "ERR_STATE",
      message: expect.stringMatching(/run\(\)/),
    });
    const { url } = await running;
    expect(await errorOf(socketio.run({ port: 0 }))).toMatchObject({ code: "ERR_STATE" });
    expect((await connect(url)).connected).toBe(true);
    await socketio.stop();
    expect(await errorOf(socketio.run({ port: 0 }))).toMatchObject({
      code: "ERR_STATE",
      message: expect.stringMatching(/stopped/),
    });
  });

  it("is not for a server that listens already", async () => {
    const server = await listen(createServer());
    const { socketio } = create(server);
    expect(await errorOf(socketio.run({ port: 0 }))).toMatchObject({
      code: "ERR_STATE",
      message: expect.stringMatching(/listens already, so run\(\) is not needed/),
    });
    expect((await connect(urlOf(server))).connected).toBe(true);
  });

  it("reports the error of a Fastify plugin", async () => {
    const app = fastify();
    app.register(async () => {
      throw new Error("no database");
    });
    const error = await errorOf(create(app).socketio.run({ port: 0 }));
    expect(error.message).toContain("no database");
  });
});

describe("stop()", () => {
  it.each(transports)("delivers events that were sent to clients before (%s)", async (transport) => {
    const { socketio } = create();
    const { url } = await socketio.run({ port: 0 });
    const clients = await Promise.all([1, 2, 3].map(() => connect(url, { transports: [transport] })));
    const heard = clients.map((client) => {
      const events: string[] = [];
      client.on("news", (news: string) => events.push(`${news.slice(0, 2)} of ${news.length}`));
      client.on("disconnect", (reason) => events.push(reason));
      return events;
    });
    const left = clients.map((client) => next(client, "disconnect"));
    const large = "x".repeat(100_000);
    for (let number = 0; number < 10; number += 1) socketio.emit("news", `${number} ${large}`);
    await socketio.stop();
    await Promise.all(left);
    const news = Array.from({ length: 10 }, (_, number) => `${number}  of 100002`);
    const end = expect.stringMatching(/^(io server disconnect|transport close)$/);
    for (const events of heard) expect(events).toEqual([...news, end]);
  });

  it("tells disconnect handlers the reason, and refuses new clients while they run", async () => {
    const { socketio } = create();
    const reasons: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const left = new Promise<void>((resolve) => {
      socketio.on("disconnect", async (reason) => {
        reasons.push(reason);
        resolve();
        await held;
      });
    });
    const { url } = await socketio.run({ port: 0 });
    await connect(url, { transports: ["websocket"] });
    const stopped = socketio.stop();
    await left;
    expect(await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).json()).toMatchObject({
      message: "Server shutting down",
    });
    expect((await refusal(open(url, { transports: ["websocket"] }))).message).toBe("websocket error");
    release();
    await stopped;
    expect(reasons).toEqual(["server shutting down"]);
  });

  it("waits for handlers that run", async () => {
    const { socketio } = create();
    const events: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      socketio.on("work", async () => {
        resolve();
        await held;
        events.push("handler done");
      });
    });
    const { url } = await socketio.run({ port: 0 });
    const client = await connect(url);
    client.emit("work");
    await begun;
    const left = next(client, "disconnect").then(() => events.push("client left"));
    const stopped = socketio.stop().then(() => events.push("stopped"));
    // New clients are refused, so the server is stopping.
    await refusal(open(url, { transports: ["polling"] }));
    expect(events).toEqual([]);
    release();
    await Promise.all([left, stopped]);
    expect(events[0]).toBe("handler done");
  });

  it("cancels background tasks through sleep and their signal, and does not log that as an error", async () => {
    const { socketio, logger } = create();
    const events: string[] = [];
    socketio.startBackgroundTask(async function sleeper(what: string, _signal) {
      try {
        await socketio.sleep(3_600_000);
      } finally {
        events.push(what);
      }
    }, "woken");
    socketio.startBackgroundTask(async (signal) => {
      await once(signal, "abort");
      events.push(`aborted: ${signal.reason.name}`);
    });
    await socketio.run({ port: 0 });
    await socketio.stop();
    expect(events.toSorted()).toEqual(["aborted: AbortError", "woken"]);
    expect(logger.errors).toEqual([]);
    expect(() => socketio.startBackgroundTask(() => {})).toThrow(
      expect.objectContaining({ code: "ERR_STATE" }),
    );
  });

  it("logs the error of a task once", async () => {
    const { socketio, logger } = create();
    const fault = new Error("the lamp is out");
    const task = socketio.startBackgroundTask(async function lamp() {
      throw fault;
    });
    await task.finished;
    socketio.startBackgroundTask(async function candle() {
      try {
        await socketio.sleep(3_600_000);
      } catch {
        throw fault;
      }
    });
    await socketio.run({ port: 0 });
    await socketio.stop();
    expect(logger.errors).toEqual([
      { message: 'The background task "lamp" failed', error: fault },
      { message: 'The background task "candle" failed', error: fault },
    ]);
  });

  it("ends although a task does not", async () => {
    const { socketio } = create();
    let tired = false;
    onTestFinished(() => {
      tired = true;
    });
    socketio.startBackgroundTask(async function stubborn() {
      while (!tired) await socketio.sleep(3_600_000).catch(() => {});
    });
    await socketio.run({ port: 0 });
    await socketio.stop();
  });

  it("may be called twice, and before run()", async () => {
    const { socketio } = create();
    const { url } = await socketio.run({ port: 0 });
    expect(socketio.stop()).toBe(socketio.stop());
    await socketio.stop();
    await socketio.stop();
    await expect(fetch(url)).rejects.toThrow();

    const idle = create().socketio;
    await idle.stop();
    expect(await errorOf(idle.run({ port: 0 }))).toMatchObject({ code: "ERR_STATE" });
  });

  it("ends a server that is about to listen", async () => {
    const { socketio } = create();
    const { listen } = Server.prototype;
    let server: Server | undefined;
    vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...values: unknown[]) {
      server = this;
      return Reflect.apply(listen, this, values);
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
      server?.close();
    });
    const running = socketio.run({ port: 0 }).catch(() => {});
    await socketio.stop();
    await running;
    await expect.poll(() => server?.listening ?? false).toBe(false);
  });

  it.each([transports[0], transports[1], "upgraded"])(
    "leaves nothing that keeps the process alive (%s)",
    async (transport) => {
      const server = new Child(root, ["--import", "tsx", "test/runtime/support/stopping-server.ts"]);
      const url = await server.line();
      const client = await connect(url, transport === "upgraded" ? {} : { transports: [transport] });
      if (transport === "upgraded") await upgraded(client);
      await fetch(url); // Leaves a kept-alive connection.
      const question = next(client, "question");
      client.emit("ask");
      await question;
      const farewell = next(client, "farewell");
      client.emit("stop");
      await farewell;
      expect(await server.line()).toBe("stopped");
      expect(await server.exit(3000)).toBe(0);
      expect(server.errors).toBe("");
    },
  );

  it.each([
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const)(
    "happens upon %s: clients are told, may come back, and the process ends",
    async (signal, code) => {
      const server = new Child(root, ["--import", "tsx", "test/runtime/support/stopping-server.ts"]);
      const url = await server.line();
      const clients = await Promise.all([
        connect(url, { transports: ["websocket"] }),
        connect(url, { transports: ["polling"] }),
      ]);
      const reasons = clients.map((client) => next(client, "disconnect"));
      server.signal(signal);
      expect(await Promise.all(reasons)).toEqual(["transport close", "transport close"]);
      expect(clients.map((client) => client.active)).toEqual([true, true]);
      expect(await server.exit(5000)).toBe(code);
      expect(server.errors).toBe("");
    },
  );

  it("lets its port be used again at once", async () => {
    const first = create().socketio;
    const { port, url } = await first.run({ port: 0 });
    await connect(url);
    await first.stop();
    const probe = createNetServer().listen(port, "127.0.0.1");
    await once(probe, "listening");
    probe.close();
    await once(probe, "close");
  });
});

describe("debug: true", () => {
  it("logs every event in a readable line, without secret ids", async () => {
    const { socketio, logger } = create(undefined, { debug: true });
    socketio.events({
      connect: () => emit("welcome", { data: "Connected", count: 0 }),
      enter(room: string) {
        joinRoom(room);
        emit("entered", room, { to: room });
      },
      exit: (room: string) => leaveRoom(room),
      close: (room: string) => socketio.closeRoom(room),
      deep: () => emit("deep", { a: { b: { c: { d: { e: 1 } } } }, text: "two\nlines" }),
      end: () => disconnect(),
    });
    const { url } = await socketio.run({ port: 0 });
    const poller = await connect(url, { transports: ["polling"] });
    const mover = await connect(url);
    await upgraded(mover);
    const secrets = [poller, mover].map(secretOf);
    const { id } = poller;

    for (const event of ["enter", "exit", "enter", "close"]) await poller.emitWithAck(event, "lobby");
    await poller.emitWithAck("unheard of", { some: "data" });
    await poller.emitWithAck("deep");
    await socketio.startBackgroundTask(function sweep() {}).finished;
    await refusal(open(`${url}/nowhere`));
    await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${"s".repeat(20)}`);
    await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: "https://evil.example" } });
    const left = next(poller, "disconnect");
    poller.emit("end");
    await left;
    await socketio.stop();

    const lines = logger.debugs.map((line) => line.replaceAll(String(id), "SID"));
    expect(lines).toEqual(
      expect.arrayContaining([
        "connection 1: open over polling from 127.0.0.1",
        "/ SID connected (connection 1)",
        "/ -> welcome (1 argument) to SID (1 client)",
        "connection 2: now over websocket",
        "/ SID <- enter (1 argument)",
        "/ SID joined room lobby",
        "/ -> entered (1 argument) to lobby (1 client)",
        "/ SID left room lobby",
        "/ closed room lobby",
        "/ SID <- unheard of (1 argument)",
        "/ SID <- unheard of: there is no handler for it",
        "background task sweep started",
        "background task sweep ended",
        "connection 3: ignored a request to join a namespace that does not exist (/nowhere)",
        "refused GET /socket.io/ from 127.0.0.1: 400 Session ID unknown",
        "refused GET /socket.io/ from 127.0.0.1: 403 Origin not allowed",
        "/ SID disconnected (server namespace disconnect)",
        "connection 2: closed (server shutting down)",
      ]),
    );
    const lineKinds = [
      /^connection \d+: (open over|now over|closed|refused in|ignored) /,
      /^refused (GET|POST) \S+ from \S+: \d+ /,
      /^\/\w* -> \w+ .* \(\d+ clients?\)$/,
      /^\/\w* sid~[\w-]+ (connected|disconnected) \(.*\)$/,
      /^\/\w* sid~[\w-]+ <- /,
      /^\/\w* sid~[\w-]+ (joined|left) room lobby$/,
      /^\/ closed room lobby$/,
      /^background task sweep (started|ended)$/,
    ];
    for (const line of logger.debugs) {
      expect(
        lineKinds.filter((kind) => kind.test(line)),
        line,
      ).toHaveLength(1);
      for (const secret of secrets) expect(line).not.toContain(secret);
    }
    expect(secrets.every((secret) => secret.length >= 20)).toBe(true);
  });

  it("keeps one line for each event, for any name that clients choose", async () => {
    const { socketio, logger } = create(undefined, { debug: true });
    socketio.on("enter", (room: string) => void joinRoom(room));
    const { url } = await socketio.run({ port: 0 });
    const client = await connect(url);
    const nasty = "x\nRoomcast is listening on http://evil.example\r\u001b[2J\u009b1m\u2028";
    await client.emitWithAck(nasty, nasty);
    await client.emitWithAck("enter", nasty);
    await refusal(open(`${url}/${nasty}`));
    const about = logger.debugs.filter((line) => line.includes("evil.example"));
    expect(about.length).toBeGreaterThanOrEqual(4);
    for (const line of about) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  });

  it("can be switched on by run(), and ends with stop()", async () => {
    const { socketio, logger } = create();
    const { url } = await socketio.run({ port: 0, debug: true });
    await connect(url, { transports: ["websocket"] });
    expect(logger.debugs).toContain("connection 1: open over websocket from 127.0.0.1");
    await socketio.stop();
    expect(logger.debugs).toContain("connection 1: closed (server shutting down)");
    const quiet = create();
    const address = await quiet.socketio.run({ port: 0 });
    await connect(address.url);
    expect(quiet.logger.debugs).toEqual([]);
  });
});

describe("a server that a handler makes", () => {
  /** The client that a function would act for. */
  const actor = () => {
    try {
      return request.sid;
    } catch (error) {
      return (error as Error).name;
    }
  };

  /** Makes a server in a handler, and resolves to the result. */
  async function makeInHandler<T>(make: () => T): Promise<T> {
    const { socketio } = create();
    let made: T | undefined;
    socketio.on("open", async () => {
      made = await make();
    });
    const { url } = await socketio.run({ port: 0 });
    await (await connect(url, { transports: ["websocket"] })).emitWithAck("open");
    return made as T;
  }

  it.each([
    {
      title: "an Express application",
      app: () => express().get("/", (_, response) => response.send(actor())),
    },
    { title: "a Fastify application", app: () => fastify().get("/", async () => actor()) },
    { title: "a node:http server", app: () => createServer((_, response) => response.end(actor())) },
  ])("acts for no client in the routes of $title when run() has it listen", async ({ app }) => {
    const { url } = await makeInHandler(() => create(app()).socketio.run({ port: 0 }));
    expect((await ask(url)).text).toBe("ContextError");
  });

  it.each(transports)(
    "asks allowRequest for no client, over %s, where it listens in the handler",
    async (transport) => {
      const actors: string[] = [];
      const allowRequest = () => actors.push(actor()) > 0;
      const server = await makeInHandler(async () => {
        const own = createServer();
        create(own, { allowRequest });
        return listen(own);
      });
      await connect(urlOf(server), { transports: [transport] });
      expect(actors).toEqual(["ContextError"]);
    },
  );
});

describe("a call to a client that does not answer", () => {
  it.each(["call", "callAll", "answers as they come"])(
    "keeps the process alive until its time has run out: %s",
    async (way) => {
      const program = "test/runtime/support/waiting-program.ts";
      const child = new Child(root, ["--import", "tsx", program, way]);
      expect(await child.line()).toBe("ERR_TIMEOUT");
      expect(await child.exit(10_000)).toBe(0);
    },
  );
});
