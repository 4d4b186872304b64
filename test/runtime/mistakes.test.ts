import express from "express";
import { Hono } from "hono";
import Koa from "koa";
import {
  args,
  ContextError,
  call,
  callAll,
  closeRoom,
  disconnect,
  emit,
  ironSession,
  joinRoom,
  leaveRoom,
  Namespace,
  RoomcastError,
  request,
  rooms,
  SocketIO,
  send,
  session,
} from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "./support/clients.ts";
import { MemoryLogger } from "./support/memory-logger.ts";

/** The one error that a function throws or rejects with. */
async function errorOf(mistake: () => unknown): Promise<RoomcastError> {
  try {
    await mistake();
  } catch (error) {
    expect(error).toBeInstanceOf(RoomcastError);
    return error as RoomcastError;
  }
  throw new Error("There was no error.");
}

/** A value with any type, for calls that the compiler would refuse. */
const wrong = (value: unknown) => value as never;

function create() {
  const logger = new MemoryLogger();
  const socketio = new SocketIO({ logger });
  onTestFinished(() => socketio.stop());
  return { socketio, logger };
}

describe("new SocketIO()", () => {
  it.each([
    ["pingIntervall", "pingInterval"],
    ["ping_interval", "pingInterval"],
    ["maxHttpBuffersize", "maxHttpBufferSize"],
    ["namespace", "namespaces"],
    ["manage_session", "manageSession"],
    ["Debug", "debug"],
  ])("knows no option %s, and suggests %s", async (name, meant) => {
    for (const mistake of [
      () => new SocketIO(express(), { [name]: 1 }),
      () => new SocketIO({ [name]: 1 }),
      () => new SocketIO(null, { [name]: 1 }),
    ]) {
      const { code, message } = await errorOf(mistake);
      expect(code).toBe("ERR_OPTION");
      expect(message).toMatch(`new SocketIO() has no option "${name}". Did you mean "${meant}"?`);
    }
  });

  it("lists its options if a name is similar to none of them", async () => {
    const { code, message } = await errorOf(() => new SocketIO({ xylophone: true } as object));
    expect(code).toBe("ERR_OPTION");
    expect(message).toMatch(/^new SocketIO\(\) has no option "xylophone"\. Known options: path, /);
  });

  it.each<[string, unknown, string]>([
    ["pingInterval", "25s", 'an integer from 1 to 1073741823 (ms), not "25s"'],
    ["pingTimeout", -1, "an integer from 1 to 1073741823 (ms), not -1"],
    ["maxHttpBufferSize", 1.5, "a positive integer (bytes), not 1.5"],
    ["path", "socket.io", "a path that begins with a slash"],
    ["transports", ["carrier pigeon"], 'a list of "polling" and "websocket"'],
    ["transports", "websocket", 'a list of "polling" and "websocket", not "websocket"'],
    ["cors", "*", "an object { origin"],
    ["cors", {}, "an object { origin"],
    ["allowRequest", true, "a function"],
    ["manageSession", "yes", 'true or false, not "yes"'],
    ["session", () => {}, "a source of HTTP sessions such as expressSession(middleware), not a function"],
    [
      "session",
      { secret: "x" },
      "a source of HTTP sessions such as expressSession(middleware), not { secret }",
    ],
    ["namespaces", 42, "a namespace, a pattern"],
    [
      "logger",
      {},
      "a logger of pino or winston, console, Fastify's app.log, or an object with the functions",
    ],
    ["asyncMode", "eventlet", '"node" or "bun", not "eventlet"'],
    ["debug", 1, 'true, false or "payloads"'],
  ])("says what the option %s takes (given %j)", async (name, value, text) => {
    const { code, message } = await errorOf(() => new SocketIO(null, wrong({ [name]: value })));
    expect(code).toBe("ERR_OPTION");
    expect(message).toContain(`The option "${name}" of new SocketIO() must be ${text}`);
  });

  it.each<[string, unknown]>([
    ["a number", 42],
    ["a string", "http://localhost:5000"],
    ["a promise", Promise.resolve(express())],
    ["a list", []],
    ["the class of Hono", Hono],
    ["the class of Koa", Koa],
    ["the class of Roomcast", SocketIO],
  ])("cannot serve %s", async (_, app) => {
    const { code, message } = await errorOf(() => new SocketIO(wrong(app)));
    expect(code).toBe("ERR_APP");
    expect(message).toMatch(/Express, Koa, Fastify or Hono application or a node:http server/);
  });

  it.each<[string, unknown]>([
    ["a port", 42],
    ["an application", express()],
    ["options", {}],
    ["nothing", undefined],
  ])("attaches to no server that is none: %s", async (_, server) => {
    const { code, message } = await errorOf(() => create().socketio.attach(wrong(server)));
    expect(code).toBe("ERR_APP");
    expect(message).toMatch(/^attach\(\) takes a node:http, node:https or node:http2 server/);
  });

  it("refuses an application that is undefined by mistake, and says how to have none", async () => {
    for (const mistake of [
      () => new SocketIO(wrong(undefined)),
      () => new SocketIO(wrong(undefined), { debug: true }),
    ]) {
      const { code, message } = await errorOf(mistake);
      expect(code).toBe("ERR_APP");
      expect(message).toMatch(
        /^new SocketIO\(\) got undefined for its application: .* give nothing or null\.$/,
      );
    }
    expect(new SocketIO(null, { debug: false }).asyncMode).toBe(new SocketIO().asyncMode);
  });

  it("says that a message queue is given as text", async () => {
    const messageQueue = wrong(new URL("redis://:secret@localhost"));
    const { code, message } = await errorOf(() => new SocketIO({ messageQueue }));
    expect(code).toBe("ERR_OPTION");
    expect(message).toMatch(/, not a URL object: give its text, url\.href\.$/);
  });

  it("with manageSession: false needs a session", async () => {
    const { code, message } = await errorOf(() => new SocketIO(express(), { manageSession: false }));
    expect(code).toBe("ERR_OPTION");
    expect(message).toMatch(
      /^manageSession: false needs to know .* \{ session: expressSession\(middleware\) \}/,
    );
  });

  it("with manageSession: false refuses sessions that a cookie holds", async () => {
    const options = { cookieName: "session", password: "correct horse battery staple, twice" };
    const { code, message } = await errorOf(
      () => new SocketIO(new Hono(), { session: ironSession(options), manageSession: false }),
    );
    expect(code).toBe("ERR_OPTION");
    expect(message).toMatch(
      /^manageSession: false does not go with iron-session: .* Use manageSession: true/,
    );
  });
});

describe("run()", () => {
  it("refuses unknown options", async () => {
    const { code, message } = await errorOf(() => create().socketio.run(wrong({ port: 0, hots: "::1" })));
    expect(code).toBe("ERR_OPTION");
    expect(message).toContain('"hots"');
    expect(message).toContain("host");
  });

  it.each<[string, unknown, string]>([
    ["a port", 5177, "Did you mean { port: 5177 }?"],
    ["a port of the environment", "5177", "Did you mean { port: 5177 }?"],
    ["a host", "0.0.0.0", 'Did you mean { host: "0.0.0.0" }?'],
    ["an application", express(), "The application belongs to the constructor, new SocketIO(app)"],
  ])("says where %s belongs", async (_, given, text) => {
    const { code, message } = await errorOf(() => create().socketio.run(wrong(given)));
    expect(code).toBe("ERR_OPTION");
    expect(message).toContain(text);
  });

  it("takes no callback, which would never be called", async () => {
    const { socketio } = create();
    const run = socketio.run as (...values: unknown[]) => Promise<unknown>;
    const { code, message } = await errorOf(() => run.call(socketio, { port: 0 }, () => {}));
    expect(code).toBe("ERR_OPTION");
    expect(message).toMatch(/^run\(\) takes its options and nothing behind them\. .*: await it\.$/);
  });
});

describe("the habits of Socket.IO", () => {
  it.each<[string, unknown[], string]>([
    ["to", ["room"], "emit(event, data, { to: room })"],
    ["of", ["/chat"], 'socketio.namespace("/chat")'],
    ["listen", [3000], "await socketio.run({ port })"],
    ["fetchSockets", [], "await sockets()"],
  ])("as methods say what takes their place: %s", async (name, values, instead) => {
    const { socketio } = create();
    for (const owner of [socketio, socketio.namespace("/chat"), new Namespace()]) {
      const method = Reflect.get(owner, name) as (...values: unknown[]) => unknown;
      const { code, message } = await errorOf(() => method.apply(owner, values));
      expect(code).toBe("ERR_OPTION");
      expect(message).toContain(`There is no method ${name}(), which Socket.IO's servers have.`);
      expect(message).toContain(instead);
    }
  });

  it.each<[string, (value: never, more: never) => unknown, string]>([
    ["a callback", (_data, callback: (text: string) => void) => callback("yes"), "return the value"],
    [
      "a socket that sends to a room",
      (socket: { to(room: string): { emit(event: string): void } }) => socket.to("room").emit("news"),
      "emit(event, data, { to: room, includeSelf: false }) sends to a room",
    ],
    ["a socket that joins", (socket: { join(room: string): void }) => socket.join("room"), "joinRoom(room)"],
    [
      "a socket that broadcasts",
      (socket: { broadcast: { emit(event: string): void } }) => socket.broadcast.emit("news"),
      "{ broadcast: true, includeSelf: false }",
    ],
  ])("in handlers are explained in the log: %s", async (_, handler, text) => {
    const { socketio, logger } = create();
    socketio.on("act", handler as (...values: unknown[]) => unknown);
    const client = socketio.testClient({ propagateErrors: false });
    await client.connect();
    await client.emit("act", { x: 1 });
    expect(logger.errors.map(({ message }) => message)).toEqual([expect.stringContaining(text)]);
  });

  it("in a connect handler are explained in the log", async () => {
    const { socketio, logger } = create();
    socketio.on("connect", (socket) => socket.on("news", () => {}));
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toThrow("rejected");
    expect(logger.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("socketio.on(event, handler)"),
    ]);
  });
});

describe("registering handlers", () => {
  it.each<[string, unknown]>([
    ["an unnamed function", () => {}],
    ["a name", "my_ping"],
    ["nothing", undefined],
  ])("event() does not take %s", async (_, handler) => {
    // A function that is written as an argument has no name, unlike one that is assigned to a constant first.
    const { code, message } = await errorOf(() => create().socketio.event(wrong(handler)));
    expect(code).toBe("ERR_HANDLER");
    expect(message).toMatch(/^event\(\) takes a function whose name is the event's name/);
  });

  it.each([undefined, null, 42, "handler", {}, Promise.resolve()])(
    "on() does not take %s",
    async (handler) => {
      const { code, message } = await errorOf(() => create().socketio.on("news", wrong(handler)));
      expect(code).toBe("ERR_HANDLER");
      expect(message).toMatch(/^The handler of "news" must be a function, not /);
    },
  );

  it("accepts one handler for an event", async () => {
    const { socketio } = create();
    socketio.on("news", () => {});
    for (const mistake of [
      () => socketio.on("news", () => {}),
      () => socketio.event(function news() {}),
      () => socketio.events({ fresh: () => {}, news: () => {} }),
    ]) {
      const { code, message } = await errorOf(mistake);
      expect(code).toBe("ERR_HANDLER");
      expect(message).toBe('"news" has a handler in / already. Call off("news") first to replace it.');
    }
    socketio.off("news").on("news", () => {});
    socketio.on("fresh", () => {});
  });

  it.each(["connect_error", "disconnecting", "newListener", "removeListener", "", 42, undefined])(
    "handles no event of the name %j",
    async (name) => {
      const { socketio } = create();
      const { code, message } = await errorOf(() =>
        socketio.on(
          wrong(name),
          wrong(() => {}),
        ),
      );
      expect(code).toBe("ERR_EVENT_NAME");
      expect(message).toContain(" cannot be handled");
    },
  );

  it.each([
    ["namespace()", (socketio: SocketIO) => socketio.namespace("chat")],
    ["on()", (socketio: SocketIO) => socketio.on("news", () => {}, { namespace: "chat" })],
    ["a class", (socketio: SocketIO) => socketio.onNamespace(new Namespace("chat"))],
    ["the options", () => new SocketIO({ namespaces: ["chat"] })],
    ["onError()", (socketio: SocketIO) => socketio.onError("chat", () => {})],
  ] as const)("wants a slash before a namespace's name: %s", async (_, mistake) => {
    const { code, message } = await errorOf(() => mistake(create().socketio));
    expect(code).toBe("ERR_NAMESPACE");
    expect(message).toMatch(/must be a string that begins with a slash .* not "chat"/);
  });
});

describe("background tasks", () => {
  it("are functions, not their results", async () => {
    const { socketio } = create();
    const work = async () => {};
    const { code, message } = await errorOf(() => socketio.startBackgroundTask(wrong(work())));
    expect(code).toBe("ERR_HANDLER");
    expect(message).toMatch(/^startBackgroundTask\(\) takes a function/);
  });
});

describe("emitting", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = { cycle };
  let deep: unknown = "bottom";
  for (let level = 0; level < 100_000; level += 1) deep = [deep];

  it.each<[string, unknown]>([
    ["a BigInt", { big: 1n }],
    ["a cycle", cycle],
    ["data that is too deep", deep],
  ])("cannot send %s", async (_, data) => {
    const { socketio, logger } = create();
    const outside = await errorOf(() => socketio.emit("news", data));
    expect(outside.code).toBe("ERR_PAYLOAD");
    expect(outside.message).toMatch(/^The event "news" cannot be sent: /);

    socketio.on("ask", () => emit("news", data));
    socketio.on("answer", () => data);
    const { url } = await socketio.run({ port: 0 });
    const client = await connect(url);
    for (const event of ["ask", "answer"]) {
      expect(await client.emitWithAck(event)).toMatchObject({ error: { code: "ERR_HANDLER_FAILED" } });
      expect(logger.errors.splice(0)).toEqual([
        {
          message: `The handler failed: event "${event}", namespace "/", sid ${client.id}`,
          error: expect.objectContaining({ code: "ERR_PAYLOAD" }),
        },
      ]);
    }
  });

  it.each(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])(
    "leaves the name %s to Socket.IO",
    async (name) => {
      const { code, message } = await errorOf(() => create().socketio.emit(name, 1));
      expect(code).toBe("ERR_EVENT_NAME");
      expect(message).toBe(`"${name}" is reserved by Socket.IO and cannot be emitted; choose another name.`);
    },
  );

  it.each([undefined, "", 42, null])("needs an event's name, not %j", async (name) => {
    const { code, message } = await errorOf(() => create().socketio.emit(wrong(name), args(1, 2)));
    expect(code).toBe("ERR_EVENT_NAME");
    expect(message).toMatch(/^An event's name must be a string that is not empty, not /);
  });
});

describe("outside of handlers", () => {
  it.each<[string, () => unknown, string]>([
    ["emit()", () => emit("news", 1), "Use socketio.emit() there."],
    ["send()", () => send("hello"), "Use socketio.send() there."],
    ["call()", () => call("ask"), "Use socketio.call() there."],
    ["callAll()", () => callAll("ask"), "Use socketio.callAll() there."],
    ["joinRoom()", () => joinRoom("lobby"), "Use socketio.joinRoom(room, { sid }) there."],
    ["leaveRoom()", () => leaveRoom("lobby"), "Use socketio.leaveRoom(room, { sid }) there."],
    ["closeRoom()", () => closeRoom("lobby"), "Use socketio.closeRoom(room) there."],
    ["rooms()", () => rooms(), "Use socketio.rooms({ sid }) there."],
    ["disconnect()", () => disconnect(), "Use socketio.disconnect({ sid }) there."],
    ["request.sid", () => request.sid, "Pass the value on from a handler instead."],
    ["session", () => session.user, "Pass the value on from a handler instead."],
    ["session", () => Object.assign(session, { user: "ada" }), "Pass the value on from a handler instead."],
  ])("%s says what to use instead", async (name, mistake, instead) => {
    const error = await errorOf(mistake);
    expect(error).toBeInstanceOf(ContextError);
    expect(error.code).toBe("ERR_CONTEXT");
    expect(error.message).toMatch(`${name} was used outside of a handler, where there is no client`);
    expect(error.message).toContain(instead);
    expect(error.message).toContain("bindContext()");
  });
});

describe("joining a room", () => {
  it("needs its name", async () => {
    const { socketio, logger } = create();
    socketio.on("join", (room?: unknown) => joinRoom(wrong(room)));
    const { url } = await socketio.run({ port: 0 });
    const client = await connect(url);
    for (const room of [undefined, null, "", 42, { room: "lobby" }]) {
      expect(await client.emitWithAck("join", room)).toMatchObject({ error: { code: "ERR_HANDLER_FAILED" } });
      expect(logger.errors.splice(0)).toEqual([
        {
          message: `The handler failed: event "join", namespace "/", sid ${client.id}`,
          error: expect.objectContaining({
            code: "ERR_ROOM",
            message: expect.stringMatching(/^A room's name must be a string that is not empty, not /),
          }),
        },
      ]);
    }
  });
});
