import { args, emit, type NamespaceHandle, request, type TestClient } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, plainClient, portlessServer } from "../support/portless-server.ts";

/** What a client has received, as `event value`. */
const heard = (client: TestClient) =>
  client.received().map(({ name, args: values }) => [name, ...values].join(" "));

describe("a namespace handle", () => {
  describe("registers handlers", () => {
    it("by on(), onEvent(), event() and events(), one after the other", async () => {
      const { socketio } = portlessServer();
      socketio
        .namespace("/chat")
        .on("a", () => "on")
        .onEvent("b", () => "onEvent")
        .event(function c() {
          return "event";
        })
        .events({ d: () => "events", e: async () => "events too", f: undefined });
      const client = await joinedClient(socketio, "/chat");
      const answers = await Promise.all(
        ["a", "b", "c", "d", "e"].map((name) => client.call(name, undefined, "/chat")),
      );
      expect(answers).toEqual(["on", "onEvent", "event", "events", "events too"]);
    });

    it("for clients that are there already, and takes them away again", async () => {
      const { socketio } = portlessServer();
      const chat = socketio.namespace("/chat");
      const client = await plainClient(socketio, "/chat");
      const ask = () => client.call("ask", undefined, "/chat");
      expect(await ask()).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
      chat.on("ask", () => 1);
      expect(await ask()).toBe(1);
      chat.off("ask").on("ask", () => 2);
      expect(await ask()).toBe(2);
      chat.off("ask").off("ask");
      expect(await ask()).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    });

    it("of a pattern for namespaces that are open already", async () => {
      const { socketio } = portlessServer();
      socketio.namespace("/game-1").on("own", () => "own");
      const client = await joinedClient(socketio, "/game-1");
      expect(await client.call("own", undefined, "/game-1")).toBe("own");
      socketio.namespace(/^\/game/).on("late", () => "pattern");
      expect(await client.call("late", undefined, "/game-1")).toBe("pattern");
    });

    it("of events(), all or none", async () => {
      const { socketio } = portlessServer();
      const chat = socketio.namespace("/chat").on("taken", () => 1);
      expect(() => chat.events({ free: () => 2, taken: () => 2 })).toThrow(
        expect.objectContaining({ code: "ERR_HANDLER" }),
      );
      chat.on("free", () => 3);
    });

    it.each([
      ["an arrow function", () => {}],
      ["a function without a name", (() => () => {})()],
      ["no function", undefined],
    ])("refuses %s in event()", (_what, handler) => {
      const { socketio } = portlessServer();
      expect(() =>
        socketio.namespace("/").event(Object.defineProperty(handler ?? {}, "name", { value: "" }) as never),
      ).toThrow(
        expect.objectContaining({
          code: "ERR_HANDLER",
          message: expect.stringContaining("event(function my_ping"),
        }),
      );
    });
  });

  describe("finds the handler of an event", () => {
    it('in its own table, then "*" there, then in patterns, then in "*"', async () => {
      const { socketio } = portlessServer();
      const say = (what: string) => () => `${what} in ${request.namespace}`;
      socketio.namespace("*").events({ a: say("every a"), b: say("every b"), "*": say("every *") });
      socketio.namespace(/^\/game/).events({ a: say("pattern a"), c: say("pattern c") });
      socketio.namespace("/game-1").events({ a: say("own a") });
      socketio.namespace("/game-2").events({ "*": say("own *") });
      const client = socketio.testClient();
      const ask = async (name: string, event: string) => {
        if (!client.isConnected(name)) await client.connect(name);
        return client.call(event, undefined, name);
      };
      expect(await ask("/game-1", "a")).toBe("own a in /game-1");
      expect(await ask("/game-1", "c")).toBe("pattern c in /game-1");
      expect(await ask("/game-1", "b")).toBe("every b in /game-1");
      expect(await ask("/game-1", "d")).toBe("every * in /game-1");
      expect(await ask("/game-2", "a")).toBe("own * in /game-2");
      expect(await ask("/game-3", "a")).toBe("pattern a in /game-3");
      await expect(ask("/elsewhere", "a")).rejects.toThrow("Invalid namespace");
    });

    it('in the table of the function that let its client in, behind patterns and before "*"', async () => {
      const { socketio } = portlessServer();
      const rule = async (name: string, auth: unknown) =>
        name.startsWith("/tenant/") && (auth as { token?: string }).token === "t";
      const tenants = socketio.namespace(rule);
      tenants
        .on("connect", () => emit("welcome", request.namespace))
        .events({ a: () => "rule a", b: () => "rule b" });
      socketio.on("c", () => "rule c", { namespace: rule });
      socketio.onError(rule, () => "handled");
      tenants.on("fail", () => {
        throw new Error("broken");
      });
      const client = socketio.testClient();
      await client.connect("/tenant/1", { token: "t" });
      expect(heard(client)).toEqual(["welcome /tenant/1"]);
      const ask = (event: string) => client.call(event, undefined, "/tenant/1");
      expect([await ask("a"), await ask("b"), await ask("c"), await ask("fail")]).toEqual([
        "rule a",
        "rule b",
        "rule c",
        "handled",
      ]);
      socketio.namespace(/^\/tenant/).on("d", () => "pattern d");
      expect(await ask("d")).toBe("pattern d");
      expect(() => tenants.emit("news")).toThrow(expect.objectContaining({ code: "ERR_NAMESPACE" }));
      const stranger = portlessServer().socketio;
      stranger.namespace(rule);
      await expect(stranger.testClient().connect("/tenant/1", { token: "x" })).rejects.toThrow(
        "Invalid namespace",
      );
    });

    it('gives "*" the name of the event first, but neither "connect" nor "disconnect"', async () => {
      const { socketio } = portlessServer();
      const calls: unknown[][] = [];
      socketio.on("*", (...values) => void calls.push(values));
      const client = await joinedClient(socketio);
      await client.emit("any", args(1, 2));
      await client.send("hello");
      await client.emit("*", "any");
      await client.drop();
      expect(calls).toEqual([
        ["any", 1, 2],
        ["message", "hello"],
        ["*", "any"],
      ]);
    });

    it("in a pattern also for connect and disconnect", async () => {
      const { socketio } = portlessServer();
      const calls: string[] = [];
      const note = () => void calls.push(`${request.event.name} ${request.namespace}`);
      socketio
        .namespace(/^\/game/)
        .on("connect", note)
        .on("disconnect", note);
      const client = await joinedClient(socketio, "/game-7");
      await client.drop();
      expect(calls).toEqual(["connect /game-7", "disconnect /game-7"]);
    });
  });

  it("opens the namespace to clients, which emitting into it does not", async () => {
    const { socketio } = portlessServer();
    socketio.emit("news", undefined, { namespace: "/attic" });
    socketio.closeRoom("r", { namespace: "/attic" });
    const client = socketio.testClient();
    await expect(client.connect("/attic")).rejects.toThrow("Invalid namespace");
    socketio.namespace("/attic");
    await client.connect("/attic");
  });

  it("emits to its own clients only", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const [ada, bob, cem] = [
      await joinedClient(socketio, "/chat"),
      await joinedClient(socketio, "/chat"),
      await joinedClient(socketio),
    ];
    const sid = ada.sid("/chat");
    chat.emit("all");
    chat.emit("one", args(1, 2), { to: sid });
    chat.emit("others", undefined, { skipSid: sid });
    chat.send("text");
    chat.send({ a: 1 }, { json: true, to: sid });
    await ada.idle();
    expect([heard(ada), heard(bob), heard(cem)]).toEqual([
      ["all", "one 1 2", "message text", "json [object Object]"],
      ["all", "others", "message text"],
      [],
    ]);
  });

  it("leaves out the client whose event is being handled, if that is wanted", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    socketio.on("go", () => {
      chat.emit("to chat", undefined, { includeSelf: false });
      socketio.emit("to all", undefined, { includeSelf: false });
    });
    const [ada, bob] = [await joinedClient(socketio), await joinedClient(socketio)];
    await Promise.all([ada.connect("/chat"), bob.connect("/chat")]);
    await ada.emit("go");
    expect([heard(ada), heard(bob)]).toEqual([[], ["to chat", "to all"]]);
  });

  it("asks a client and waits for its answer", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const client = await joinedClient(socketio, "/chat");
    client.on("add", (a: number, b: number) => a + b);
    const to = client.sid("/chat");
    expect(await chat.call("add", args(1, 2), { to })).toBe(3);
    await expect(chat.call("add")).rejects.toMatchObject({ code: "ERR_OPTION" });
    await expect(chat.call("add", undefined, { to: "nobody" })).rejects.toMatchObject({
      code: "ERR_DISCONNECTED",
    });
    client.on("add", () => new Promise(() => {}));
    await expect(chat.call("add", undefined, { to, timeout: 1 })).rejects.toMatchObject({
      code: "ERR_TIMEOUT",
    });
  });

  it("asks all its clients, or some of them, and gathers their answers", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const [ada, bob] = [await joinedClient(socketio, "/chat"), await joinedClient(socketio, "/chat")];
    const elsewhere = await joinedClient(socketio);
    for (const client of [ada, bob, elsewhere]) client.on("add", (a: number, b: number) => a + b);
    const [sid, bobs] = [ada.sid("/chat"), bob.sid("/chat")];
    expect(await chat.callAll("add", args(1, 2), { timeout: 5_000 })).toEqual([
      { sid, value: 3 },
      { sid: bobs, value: 3 },
    ]);
    bob.on("add", () => new Promise(() => {}));
    expect(await chat.callAll("add", args(1, 2), { to: bobs, timeout: 1 })).toEqual([
      { sid: bobs, error: expect.objectContaining({ code: "ERR_TIMEOUT" }) },
    ]);
    expect(await chat.callAll("add", args(1, 2), { to: sid })).toEqual([{ sid, value: 3 }]);
    expect(await chat.callAll("add", args(1, 2), { to: "nowhere" })).toEqual([]);
    expect(await socketio.callAll("add", args(1, 2), { namespace: "/chat", to: sid })).toEqual([
      { sid, value: 3 },
    ]);
  });

  it("lists its clients, or some of them, with what everybody may know of them", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    chat.on("connect", ({ name }) => {
      request.publicData.name = name;
    });
    const before = Date.now();
    const [ada, bob] = [
      await joinedClient(socketio, "/chat", { name: "Ada" }),
      await joinedClient(socketio, "/chat", { name: "Bob" }),
    ];
    await joinedClient(socketio);
    const sid = ada.sid("/chat");
    await chat.joinRoom("kitchen", { sid });
    const [first, second, ...others] = await chat.sockets();
    expect(first).toMatchObject({
      sid,
      namespace: "/chat",
      rooms: [sid, "kitchen"],
      publicData: { name: "Ada" },
      handshake: { address: "127.0.0.1", secure: false, query: { EIO: "4" } },
      transport: "websocket",
    });
    expect(first?.handshake.time).toBeGreaterThanOrEqual(before);
    expect(first?.handshake.time).toBeLessThanOrEqual(Date.now());
    expect([second?.sid, others]).toEqual([bob.sid("/chat"), []]);
    const names = async (options: object) =>
      (await chat.sockets(options)).map((info) => info.publicData.name);
    expect(await names({ to: "kitchen" })).toEqual(["Ada"]);
    expect(await names({ skipSid: sid })).toEqual(["Bob"]);
    expect(await names({ to: "nowhere" })).toEqual([]);
    await expect(chat.sockets({ room: "kitchen" } as object)).rejects.toThrow('Did you mean "to"?');
    expect((await chat.sockets()).missing).toEqual([]);
    expect(await socketio.sockets()).toHaveLength(1);
    await bob.drop();
    expect(await names({})).toEqual(["Ada"]);
  });

  it("puts clients into rooms and takes them out", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const [ada, bob] = [await joinedClient(socketio, "/chat"), await joinedClient(socketio, "/chat")];
    const [a, b] = [ada, bob].map((client) => ({ sid: client.sid("/chat") })) as [
      { sid: string },
      { sid: string },
    ];
    await chat.joinRoom("kitchen", a);
    await chat.joinRoom("kitchen", b);
    await chat.joinRoom("attic", a);
    await chat.joinRoom("attic", { sid: "nobody" });
    const roomsOf = (...clients: { sid: string }[]) =>
      Promise.all(clients.map((client) => chat.rooms(client)));
    expect(await roomsOf(a, b, { sid: "nobody" })).toEqual([
      [a.sid, "kitchen", "attic"],
      [b.sid, "kitchen"],
      [],
    ]);
    chat.leaveRoom("attic", a);
    chat.leaveRoom("attic", { sid: "nobody" });
    chat.emit("dinner", undefined, { to: "kitchen" });
    await ada.idle();
    expect([heard(ada), heard(bob)]).toEqual([["dinner"], ["dinner"]]);
    chat.closeRoom("kitchen");
    expect(await roomsOf(a, b)).toEqual([[a.sid], [b.sid]]);
  });

  it("disconnects clients from the namespace, or altogether", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const client = await joinedClient(socketio, "/chat");
    await client.connect();
    chat.disconnect({ sid: client.sid("/chat") });
    chat.disconnect({ sid: "nobody" });
    await client.idle();
    expect([client.isConnected(), client.isConnected("/chat")]).toEqual([true, false]);
    await client.connect("/chat");
    chat.disconnect({ sid: client.sid("/chat"), close: true });
    await client.idle();
    expect([client.isConnected(), client.isConnected("/chat")]).toEqual([false, false]);
  });

  it("acts on the clients of rooms, or on all, and on no others", async () => {
    const { socketio } = portlessServer();
    const chat = socketio.namespace("/chat");
    const [ada, bob, cem] = [
      await joinedClient(socketio, "/chat"),
      await joinedClient(socketio, "/chat"),
      await joinedClient(socketio, "/chat"),
    ];
    const sid = ada.sid("/chat");
    await chat.joinRoom("house", { broadcast: true });
    await chat.joinRoom("kitchen", { to: [sid, bob.sid("/chat")] });
    await chat.leaveRoom("house", { to: "kitchen", skipSid: sid });
    const roomsOf = async (client: TestClient) => (await chat.rooms({ sid: client.sid("/chat") })).slice(1);
    expect(await Promise.all([ada, bob, cem].map(roomsOf))).toEqual([
      ["house", "kitchen"],
      ["kitchen"],
      ["house"],
    ]);
    expect(() => chat.disconnect({} as { sid: string })).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining("{ sid }, { to }") }),
    );
    expect(() => chat.disconnect({ sid, room: "kitchen" } as { sid: string })).toThrow('no option "room"');
    await chat.disconnect({ to: "house" });
    await ada.idle();
    expect([ada, bob, cem].map((client) => client.isConnected("/chat"))).toEqual([false, true, false]);
  });

  it.each<[string, (handle: NamespaceHandle) => unknown]>([
    ["emit", (handle) => handle.emit("e")],
    ["send", (handle) => handle.send("m")],
    ["closeRoom", (handle) => handle.closeRoom("r")],
    ["rooms", (handle) => handle.rooms({ sid: "s" })],
    ["joinRoom", (handle) => handle.joinRoom("r", { sid: "s" })],
    ["disconnect", (handle) => handle.disconnect({ sid: "s" })],
  ])("of a pattern cannot %s, since it stands for many", (_what, use) => {
    const { socketio } = portlessServer();
    for (const pattern of ["*", /^\/game/]) {
      expect(() => use(socketio.namespace(pattern))).toThrow(
        expect.objectContaining({
          code: "ERR_NAMESPACE",
          message: expect.stringContaining('namespace("/chat")'),
        }),
      );
    }
  });

  it("runs its middleware inside that of the whole server, and around connect too", async () => {
    const { socketio } = portlessServer();
    const order: string[] = [];
    const around = (name: string) => (context: { event: string }, next: () => Promise<unknown>) => {
      order.push(`${name} ${context.event}`);
      return next();
    };
    socketio
      .namespace("/chat")
      .use(around("chat"))
      .on("go", () => void order.push("handler"));
    socketio.use(around("server"));
    socketio.use(around("pattern"), { namespace: /^\/ch/ });
    socketio.use(around("elsewhere"), { namespace: "/attic" });
    const client = await joinedClient(socketio, "/chat");
    await client.emit("go", undefined, "/chat");
    socketio.use(around("late"));
    await client.emit("go", undefined, "/chat");
    await client.drop();
    expect(order).toEqual([
      ...["server connect", "pattern connect", "chat connect"],
      ...["server go", "pattern go", "chat go", "handler"],
      ...["server go", "late go", "pattern go", "chat go", "handler"],
    ]);
  });

  it("replies in the namespace of the handler", async () => {
    const { socketio } = portlessServer();
    socketio.namespace(/^\/game/).on("go", () => emit("reply"));
    const client = await joinedClient(socketio, "/game-1");
    await client.emit("go", undefined, "/game-1");
    expect(client.received()).toEqual([{ name: "reply", args: [], namespace: "/game-1" }]);
  });
});
