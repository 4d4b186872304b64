import { channel } from "node:diagnostics_channel";
import {
  args,
  call,
  closeRoom,
  emit,
  Namespace,
  request,
  SocketIO,
  type TestClient,
  type TraceEvent,
  traceChannelName,
} from "roomcast";
import { describe, expect, it, vi } from "vitest";
import { Trace } from "../../src/base/trace.ts";
import { joinedClient, LogBook, plainClient, portlessServer } from "../support/portless-server.ts";
import { soon } from "../support/waiting.ts";

/** What a client has received, as `event value`. */
const heard = (client: TestClient) =>
  client.received().map(({ name, args: values }) => [name, ...values].join(" "));

describe("new SocketIO()", () => {
  it("takes options alone, or after an application that is not there yet", () => {
    const logger = new LogBook();
    for (const make of [() => new SocketIO({ logger }), () => new SocketIO(null, { logger })]) {
      expect(make().asyncMode).toBe("node");
    }
  });

  it("refuses unknown options, and options of the wrong kind", () => {
    expect(() => new SocketIO({ pingTimout: 5 } as object)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining('Did you mean "pingTimeout"?'),
      }),
    );
    expect(() => new SocketIO(null, { debug: "yes" } as object)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining('The option "debug"') }),
    );
  });

  it.each([
    ["a text", "app"],
    ["a number", 5000],
    ["a list", []],
    ["some object", new (class App {})()],
  ])("refuses %s as an application", (_what, app) => {
    expect(() => new SocketIO(app as object)).toThrow(expect.objectContaining({ code: "ERR_APP" }));
  });

  it("refuses a plain object as an application, where options follow", () => {
    expect(() => new SocketIO({}, { debug: false })).toThrow(expect.objectContaining({ code: "ERR_APP" }));
  });

  it("wants to know where HTTP sessions are when it is to use them, and that they can be written", () => {
    expect(() => new SocketIO({ manageSession: false })).toThrow(/manageSession: false needs to know/);
    const session = { name: "a cookie library", writable: false, open: async () => Promise.reject() };
    expect(() => new SocketIO({ manageSession: false, session })).toThrow(
      /does not go with a cookie library/,
    );
  });
});

describe("handlers", () => {
  it("are registered by on(), onEvent(), event(), events() and onNamespace(), in any namespace", async () => {
    const { socketio } = portlessServer();
    class Game extends Namespace {
      on_e() {
        return "class";
      }
    }
    for (const namespace of ["/", "/chat"]) {
      socketio
        .on("a", () => `on ${request.namespace}`, { namespace })
        .onEvent("b", () => `onEvent ${request.namespace}`, { namespace })
        .event(
          function c() {
            return `event ${request.namespace}`;
          },
          { namespace },
        )
        .events({ d: () => `events ${request.namespace}` }, { namespace });
    }
    socketio.onNamespace(new Game("/game"));
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    await client.connect("/game");
    const ask = (name: string, events: string[]) =>
      Promise.all(events.map((event) => client.call(event, undefined, name)));
    expect(await ask("/", ["a", "b", "c", "d"])).toEqual(["on /", "onEvent /", "event /", "events /"]);
    expect(await ask("/chat", ["a", "b", "c", "d"])).toEqual([
      "on /chat",
      "onEvent /chat",
      "event /chat",
      "events /chat",
    ]);
    expect(await ask("/game", ["e"])).toEqual(["class"]);
  });

  it("may be added and taken away at any time", async () => {
    const { socketio } = portlessServer();
    const client = await plainClient(socketio);
    socketio.on("ask", () => 1);
    expect(await client.call("ask")).toBe(1);
    socketio.off("ask").on("ask", () => 2);
    expect(await client.call("ask")).toBe(2);
    socketio.off("ask", { namespace: "/" });
    expect(await client.call("ask")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    const reasons: string[] = [];
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    await client.drop();
    expect(reasons).toEqual(["transport close"]);
  });

  it("have their place for themselves", () => {
    const { socketio } = portlessServer();
    socketio.on("connect", () => {}).on("connect", () => {}, { namespace: "/chat" });
    for (const again of [
      () => socketio.on("connect", () => {}),
      () => socketio.namespace("/").on("connect", () => {}),
      () => socketio.event(function connect() {}),
      () => socketio.events({ connect() {} }, { namespace: "/chat" }),
    ]) {
      expect(again).toThrow(expect.objectContaining({ code: "ERR_HANDLER" }));
    }
  });

  it("of two servers know nothing of each other", async () => {
    const [one, two] = [portlessServer().socketio, portlessServer().socketio];
    one.on("go", () => {
      emit("one");
      two.emit("two", request.sid, { includeSelf: false });
    });
    const [ada, bob] = [await plainClient(one), await plainClient(two)];
    await ada.emit("go");
    await bob.idle();
    expect([heard(ada), heard(bob)]).toEqual([["one"], [`two ${ada.sid()}`]]);
    expect(await bob.call("go")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
  });
});

describe("the option namespaces", () => {
  const joinable = async (
    namespaces: NonNullable<ConstructorParameters<typeof SocketIO>[1]>["namespaces"],
  ) => {
    const { socketio } = portlessServer({ namespaces });
    const client = socketio.testClient();
    const joined: string[] = [];
    for (const name of ["/", "/chat", "/game-1", "/attic"]) {
      await client.connect(name).then(
        () => joined.push(name),
        () => {},
      );
    }
    return joined;
  };

  it("opens namespaces that have no handlers", async () => {
    expect(await joinable(undefined)).toEqual(["/"]);
    expect(await joinable("/chat")).toEqual(["/", "/chat"]);
    expect(await joinable(["/chat", /^\/game-\d+$/])).toEqual(["/", "/chat", "/game-1"]);
    expect(await joinable("*")).toEqual(["/", "/chat", "/game-1", "/attic"]);
  });

  it("takes only names of namespaces", () => {
    expect(() => new SocketIO({ namespaces: ["chat"] })).toThrow(
      expect.objectContaining({ code: "ERR_NAMESPACE" }),
    );
  });
});

describe('the namespace "*"', () => {
  const everywhere = { namespace: "*" };

  it("handles events of every namespace that clients may join, and opens none", async () => {
    const { socketio } = portlessServer();
    socketio.on("where", () => request.namespace, everywhere);
    socketio.on("connect", () => emit("seen", request.namespace), everywhere);
    socketio.namespace("/chat");
    socketio.namespace(/^\/game-\d+$/);
    const client = socketio.testClient();
    for (const name of ["/", "/chat", "/game-1"]) {
      await client.connect(name);
      expect(await client.call("where", undefined, name)).toBe(name);
    }
    await expect(client.connect("/attic")).rejects.toThrow("Invalid namespace");
    expect(client.received().map(({ args: [name] }) => name)).toEqual(["/", "/chat", "/game-1"]);
  });

  it.each([
    ["middleware", (socketio: SocketIO) => socketio.use((_context, next) => next(), everywhere)],
    ["an error handler", (socketio: SocketIO) => socketio.onError("*", () => {})],
    ["options", (socketio: SocketIO) => socketio.namespace("*", { ordering: "serial" })],
  ])("opens no namespace by %s", async (_what, register) => {
    const { socketio } = portlessServer();
    register(socketio);
    await expect(joinedClient(socketio, "/attic")).rejects.toThrow("Invalid namespace");
  });

  it("leaves the decision to a function that decides about names", async () => {
    const { socketio } = portlessServer();
    socketio.on("where", () => request.namespace, everywhere);
    socketio.namespace((name) => name === "/tenant/1");
    const client = await joinedClient(socketio, "/tenant/1");
    expect(await client.call("where", undefined, "/tenant/1")).toBe("/tenant/1");
    await expect(client.connect("/tenant/2")).rejects.toThrow("Invalid namespace");
  });

  it("may be named when clients are there already", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    const client = await joinedClient(socketio, "/chat");
    socketio.on("where", () => request.namespace, everywhere);
    expect(await client.call("where", undefined, "/chat")).toBe("/chat");
  });
});

describe('an empty name of a namespace is "/"', () => {
  const root = { namespace: "" };

  it("where handlers, middleware and error handlers are registered", async () => {
    const { socketio } = portlessServer();
    const seen: string[] = [];
    socketio
      .on("where", () => request.namespace, root)
      .use((context, next) => {
        seen.push(context.event);
        return next();
      }, root)
      .onError("", () => "handled");
    socketio.namespace("").on("fail", () => {
      throw new Error("broken");
    });
    const client = await joinedClient(socketio);
    expect([await client.call("where"), await client.call("fail")]).toEqual(["/", "handled"]);
    expect(seen).toEqual(["connect", "where", "fail"]);
  });

  it("where something is sent to clients, or done to them, from anywhere", async () => {
    const { socketio } = portlessServer();
    const client = await joinedClient(socketio);
    const sid = client.sid();
    socketio.emit("a", 1, root);
    socketio.send("b", root);
    await socketio.joinRoom("tea", { sid, ...root });
    expect(await socketio.rooms({ sid, ...root })).toEqual([sid, "tea"]);
    expect(await socketio.countClients(root)).toMatchObject({ count: 1 });
    await client.idle();
    expect(heard(client)).toEqual(["a 1", "message b"]);
    await socketio.disconnect({ sid, ...root });
    await client.idle();
    expect(client.isConnected()).toBe(false);
  });

  it("in handlers of another namespace, and in class namespaces", async () => {
    const { socketio } = portlessServer();
    class Chat extends Namespace {
      on_say(text: string) {
        emit("ambient", text, { broadcast: true, ...root });
        this.emit("class", text, root);
        return closeRoom("tea", root);
      }
    }
    class Main extends Namespace {}
    socketio.onNamespace(new Chat("/chat")).onNamespace(new Main(""));
    const client = await joinedClient(socketio, "/chat");
    const other = await joinedClient(socketio);
    await socketio.joinRoom("tea", { sid: other.sid() });
    await client.emit("say", "hi", "/chat");
    expect([heard(client), heard(other)]).toEqual([[], ["ambient hi", "class hi"]]);
    expect(await socketio.rooms({ sid: other.sid() })).toEqual([other.sid()]);
  });

  it("in the options namespaces and of onPresence()", async () => {
    const { socketio } = portlessServer({ namespaces: ["", "/chat"] });
    const online: string[] = [];
    socketio.onPresence("user:", { ...root, online: (room) => online.push(room), grace: 0 });
    const client = await joinedClient(socketio);
    await socketio.joinRoom("user:7", { sid: client.sid() });
    await soon(() => online).toEqual(["user:7"]);
  });
});

describe("from anywhere", () => {
  async function threeClients() {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    const [ada, bob] = [await joinedClient(socketio), await joinedClient(socketio)];
    const cem = await joinedClient(socketio, "/chat");
    const heardByAll = async () => {
      await ada.idle();
      return [ada, bob, cem].map(heard);
    };
    return { socketio, ada, bob, cem, heardByAll };
  }

  it("emit() reaches all clients of the namespace, or those that the options name", async () => {
    const { socketio, ada, bob, heardByAll } = await threeClients();
    const [sid, other] = [ada.sid(), bob.sid()];
    await socketio.joinRoom("kitchen", { sid });
    socketio.emit("all", 1);
    socketio.emit("room", args(2, 3), { to: "kitchen" });
    socketio.emit("one", undefined, { to: other });
    socketio.emit("both", undefined, { to: ["kitchen", sid, other] });
    socketio.emit("others", undefined, { skipSid: sid });
    socketio.emit("no others", undefined, { broadcast: true, includeSelf: false });
    socketio.emit("chat", undefined, { namespace: "/chat" });
    socketio.emit("nowhere", undefined, { namespace: "/attic" });
    expect(await heardByAll()).toEqual([
      ["all 1", "room 2 3", "both", "no others"],
      ["all 1", "one", "both", "others", "no others"],
      ["chat"],
    ]);
  });

  it("send() sends messages", async () => {
    const { socketio, ada, heardByAll } = await threeClients();
    socketio.send("text");
    socketio.send([1], { json: true, to: ada.sid() });
    socketio.send("chat", { namespace: "/chat" });
    expect(await heardByAll()).toEqual([["message text", "json 1"], ["message text"], ["message chat"]]);
  });

  it("call() asks a client", async () => {
    const { socketio, ada, cem } = await threeClients();
    ada.on("add", (a: number, b: number) => a + b);
    cem.on("pair", () => args(1, 2));
    expect(await socketio.call("add", args(1, 2), { to: ada.sid() })).toBe(3);
    expect(await socketio.call("pair", undefined, { to: cem.sid("/chat"), namespace: "/chat" })).toEqual([
      1, 2,
    ]);
    await expect(socketio.call("add")).rejects.toMatchObject({ code: "ERR_OPTION" });
    await expect(socketio.call("add", undefined, { to: "nobody" })).rejects.toMatchObject({
      code: "ERR_DISCONNECTED",
    });
  });

  it("callbacks hear each client's answer, in no handler's context", async () => {
    const { socketio, ada, bob } = await threeClients();
    ada.on("ask", () => "a");
    bob.on("ask", () => "b");
    const answers: unknown[] = [];
    socketio.emit("ask", undefined, {
      callback: (answer: string) => {
        answers.push(answer);
        expect(() => request.sid).toThrow("outside of a handler");
      },
    });
    await Promise.all([ada.idle(), bob.idle()]);
    expect(answers.sort()).toEqual(["a", "b"]);
  });

  it("rooms are joined, left, closed and read", async () => {
    const { socketio, ada, cem } = await threeClients();
    const sid = ada.sid();
    const chat = { sid: cem.sid("/chat"), namespace: "/chat" };
    await socketio.joinRoom("kitchen", { sid });
    await socketio.joinRoom("attic", { sid });
    await socketio.joinRoom("kitchen", chat);
    socketio.leaveRoom("attic", { sid });
    expect(await Promise.all([socketio.rooms({ sid }), socketio.rooms(chat)])).toEqual([
      [sid, "kitchen"],
      [chat.sid, "kitchen"],
    ]);
    socketio.closeRoom("kitchen", { namespace: "/chat" });
    expect(await Promise.all([socketio.rooms({ sid }), socketio.rooms(chat)])).toEqual([
      [sid, "kitchen"],
      [chat.sid],
    ]);
    socketio.closeRoom("kitchen");
    expect(await Promise.all([socketio.rooms({ sid }), socketio.rooms({ sid: "nobody" })])).toEqual([
      [sid],
      [],
    ]);
  });

  it("disconnect() ends a client's presence, or its connection", async () => {
    const { socketio, ada, bob, cem } = await threeClients();
    socketio.disconnect({ sid: ada.sid() });
    socketio.disconnect({ sid: cem.sid("/chat"), namespace: "/chat", close: true });
    socketio.disconnect({ sid: "nobody", close: true });
    await bob.idle();
    expect([ada.isConnected(), bob.isConnected(), cem.isConnected("/chat")]).toEqual([false, true, false]);
    expect(socketio.clientCount).toBe(1);
  });

  it("emitting throws for values that cannot be sent, also without clients", () => {
    const { socketio } = portlessServer();
    expect(() => socketio.emit("connect")).toThrow(expect.objectContaining({ code: "ERR_EVENT_NAME" }));
    expect(() => socketio.emit("bill", 1n)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
    expect(() => socketio.emit("e", 1, { namespace: "*" })).toThrow(
      expect.objectContaining({ code: "ERR_NAMESPACE" }),
    );
  });
});

describe("trace()", () => {
  const scene = async (socketio: SocketIO) => {
    socketio.on("go", () => {
      emit("reply");
      socketio.startBackgroundTask(function task() {});
    });
    socketio.on("connect", (auth) => auth === undefined);
    const client = await plainClient(socketio);
    const sid = client.sid();
    await client.emit("go", 1);
    await client.emit("unknown");
    await socketio
      .testClient()
      .connect("/", {})
      .catch(() => {});
    await socketio.joinRoom("kitchen", { sid });
    socketio.leaveRoom("kitchen", { sid });
    socketio.closeRoom("kitchen");
    await client.drop();
  };

  it("tells a listener everything, until it is taken away", async () => {
    const { socketio } = portlessServer();
    const events: TraceEvent[] = [];
    const stop = socketio.trace((event) => events.push(event));
    await scene(socketio);
    expect(events.map(({ type }) => type)).toEqual([
      ...["connection open", "socket connect"],
      ...["event received", "event sent", "task started", "task ended"],
      ...["event received", "event without handler"],
      ...["connection open", "socket refused", "connection close"],
      ...["room joined", "room left", "room closed"],
      ...["connection close", "socket disconnect"],
    ]);
    stop();
    await joinedClient(socketio);
    expect(events).toHaveLength(16);
  });

  it("tells the channel of the process, too", async () => {
    const { socketio } = portlessServer();
    const events: unknown[] = [];
    const listener = (event: unknown) => void events.push(event);
    channel(traceChannelName).subscribe(listener);
    await joinedClient(socketio);
    channel(traceChannelName).unsubscribe(listener);
    expect(events).toMatchObject([{ type: "connection open" }, { type: "socket connect" }]);
  });

  it("costs nothing without listeners: builds no event, and reads no value", async () => {
    const { socketio } = portlessServer();
    const publish = vi.spyOn(Trace.prototype, "publish");
    await scene(socketio);
    const looks: string[] = [];
    const watched = (name: string) =>
      Object.defineProperty({}, "value", { enumerable: true, get: () => looks.push(name) });
    const client = await joinedClient(socketio);
    socketio.on("look", () => watched("result"));
    await client.call("look");
    socketio.emit("e", watched("data"));
    expect(publish).not.toHaveBeenCalled();
    // Each value is read for its encoding alone.
    const encoded = looks.length;
    socketio.trace(() => {});
    looks.length = 0;
    await client.call("look");
    socketio.emit("e", watched("data"));
    expect(looks).toHaveLength(encoded);
    publish.mockRestore();
  });

  it("is not disturbed by a listener that throws", async () => {
    const { socketio, log } = portlessServer();
    const why = new Error("why");
    socketio.trace(() => {
      throw why;
    });
    const client = await joinedClient(socketio);
    expect(client.isConnected()).toBe(true);
    expect(log.errors).toEqual([why, why]);
  });

  it("is written to the log by the option debug", async () => {
    const { socketio, log } = portlessServer({ debug: true });
    const client = await plainClient(socketio);
    const sid = client.sid();
    await client.emit("go", { a: 1 });
    await socketio.stop();
    expect(log.entries.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "info connection 1: open over websocket from 127.0.0.1",
      `info / ${sid} connected (connection 1)`,
      `info / ${sid} <- go (1 argument)`,
      `info / ${sid} <- go: there is no handler for it`,
      "info connection 1: closed (server shutting down)",
      `info / ${sid} disconnected (server shutting down)`,
    ]);
  });
});

describe("onOutgoing()", () => {
  it("tells of everything that is sent, wherever it comes from and goes, until it is stopped", async () => {
    const { socketio } = portlessServer();
    const heard: unknown[] = [];
    const client = await joinedClient(socketio);
    client.on("ask", () => 1);
    const sid = client.sid();
    const stop = socketio.onOutgoing((event, values, target) => void heard.push([event, values, target]));
    socketio.on("go", async () => {
      emit("reply", args(1, 2));
      emit("news", "x", { to: "kitchen", includeSelf: false });
      await call("ask");
    });
    await client.emit("go");
    socketio.send("all", { namespace: "/chat" });
    await socketio.callAll("ask", 3);
    const everyone = { namespace: "/", sid: null, rooms: null, skip: null };
    expect(heard).toEqual([
      ["reply", [1, 2], { ...everyone, sid }],
      ["news", ["x"], { ...everyone, rooms: ["kitchen"], skip: [sid] }],
      ["ask", [], { ...everyone, sid }],
      ["message", ["all"], { ...everyone, namespace: "/chat" }],
      ["ask", [3], everyone],
    ]);
    stop();
    stop();
    socketio.emit("unheard");
    expect(heard).toHaveLength(5);
  });

  it("is disturbed by no listener that fails, and calls the others", async () => {
    const { socketio, log } = portlessServer();
    const client = await joinedClient(socketio);
    const heard: string[] = [];
    socketio.onOutgoing(() => {
      throw new Error("thrown");
    });
    socketio.onOutgoing(async () => {
      throw new Error("rejected");
    });
    socketio.onOutgoing((event) => heard.push(event));
    socketio.emit("news");
    await client.idle();
    expect(heard).toEqual(["news"]);
    expect(client.received()).toHaveLength(1);
    await soon(() => log.errors).toMatchObject([{ message: "thrown" }, { message: "rejected" }]);
    expect(() => socketio.onOutgoing("news" as never)).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER" }),
    );
  });
});
