import { AsyncLocalStorage } from "node:async_hooks";
import { mock } from "node:test";
import {
  bindContext,
  ConnectionRefusedError,
  call,
  disconnect,
  emit,
  type HttpSessions,
  request,
  send,
} from "roomcast";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import { joinedClient, portlessServer } from "../support/portless-server.ts";
import { deferred } from "../support/waiting.ts";

const event = (name: string, ...values: unknown[]) => ({ name, args: values, namespace: "/" });

afterEach(() => {
  vi.useRealTimers();
});

describe("TestClient", () => {
  describe("once()", () => {
    it("waits for the next event of a name, which is received as well", async () => {
      const { socketio } = portlessServer();
      socketio.on("connect", () => emit("welcome", args(1, 2)));
      socketio.on("say", (text: string) => {
        emit("said", "early");
        setTimeout(bindContext(() => emit("said", text)));
      });
      const client = socketio.testClient();
      const welcome = client.once("welcome");
      await client.connect();
      expect(await welcome).toEqual([1, 2]);
      expect(await Promise.all([client.once("said"), client.call("say", "late")])).toEqual([
        "early",
        undefined,
      ]);
      expect(await client.once("said")).toBe("late");
      expect(client.received()).toEqual([
        event("welcome", 1, 2),
        event("said", "early"),
        event("said", "late"),
      ]);
    });

    it("waits in the namespace that it gets, and ends where the client leaves or nothing comes", async () => {
      const { socketio } = portlessServer();
      socketio.namespace("/chat");
      const client = socketio.testClient({ timeout: 20 });
      await client.connect();
      await client.connect("/chat");
      const [chat, main] = [client.once("news", "/chat"), client.once("news")];
      socketio.emit("news", 5, { namespace: "/chat" });
      expect(await chat).toBe(5);
      await expect(main).rejects.toMatchObject({
        code: "ERR_TIMEOUT",
        message: 'The event "news" did not come within 20 ms.',
      });
      const left = client.once("news", "/chat");
      await client.disconnect("/chat");
      await expect(left).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      expect(() => client.once("news", "chat")).toThrow("The test client's once() takes the name");
    });
  });

  describe("connect()", () => {
    it("joins a namespace, with what the connect handler sent", async () => {
      const { socketio } = portlessServer();
      socketio.on("connect", () => emit("welcome", request.sid));
      const client = socketio.testClient();
      expect(client.isConnected()).toBe(false);
      await client.connect();
      expect(client.isConnected()).toBe(true);
      expect(client.received()).toEqual([event("welcome", client.sid())]);
      expect(socketio.clientCount).toBe(1);
    });

    it("joins several namespaces over one connection", async () => {
      const { socketio } = portlessServer();
      socketio.namespace("/chat");
      const client = socketio.testClient();
      await Promise.all([client.connect(), client.connect("/chat")]);
      expect(client.sid("/chat")).not.toBe(client.sid());
      expect(socketio.clientCount).toBe(1);
    });

    it("sends along what it is given", async () => {
      const { socketio } = portlessServer();
      const auths: unknown[] = [];
      socketio.on("connect", (auth) => void auths.push(auth));
      await joinedClient(socketio, "/", { token: "abc" });
      await joinedClient(socketio);
      expect(auths).toEqual([{ token: "abc" }, undefined]);
    });

    it("waits for a slow connect handler", async () => {
      const { socketio } = portlessServer();
      const decision = deferred();
      socketio.on("connect", () => decision.promise);
      const client = socketio.testClient();
      const connected = client.connect();
      expect(client.isConnected()).toBe(false);
      decision.resolve();
      await connected;
      expect(client.isConnected()).toBe(true);
    });

    it("rejects with what the server refused it with, and leaves no connection behind", async () => {
      const { socketio } = portlessServer();
      socketio.on("connect", () => {
        throw new ConnectionRefusedError("members only", { price: 5 });
      });
      const client = socketio.testClient();
      await expect(client.connect()).rejects.toMatchObject({
        code: "ERR_CONNECTION_REFUSED",
        message: "members only",
        data: { price: 5 },
      });
      expect(client.isConnected()).toBe(false);
      expect(socketio.clientCount).toBe(0);
    });

    it("rejects for a namespace that does not exist, and keeps the others", async () => {
      const { socketio } = portlessServer();
      const client = await joinedClient(socketio);
      await expect(client.connect("/nowhere")).rejects.toThrow("Invalid namespace");
      expect(client.isConnected()).toBe(true);
      expect(client.isConnected("/nowhere")).toBe(false);
    });

    it("passes the checks that every handshake passes", async () => {
      const { socketio, log } = portlessServer({ allowRequest: ({ query }) => query.get("key") === "1" });
      await expect(socketio.testClient().connect()).rejects.toThrow(/refused the connection: 403/);
      await expect(socketio.testClient({ query: { key: "1" } }).connect()).resolves.toBeUndefined();
      const stranger = socketio.testClient({
        query: { key: "1" },
        headers: { Origin: "https://evil.example" },
      });
      await expect(stranger.connect()).rejects.toThrow(/refused the connection: 403/);
      expect(log.entries).toEqual([
        { level: "warn", message: expect.stringContaining('Refused a page of "https://evil.example"') },
      ]);
    });

    it("rejects when it is there already", async () => {
      const { socketio } = portlessServer();
      const client = await joinedClient(socketio);
      await expect(client.connect()).rejects.toMatchObject({ code: "ERR_STATE" });
    });

    it("rejects when the server has stopped", async () => {
      const { socketio } = portlessServer();
      const client = await joinedClient(socketio);
      await socketio.stop();
      expect(client.isConnected()).toBe(false);
      await expect(client.connect()).rejects.toThrow(/refused the connection: 503/);
    });

    it("can be called again after the connection has ended", async () => {
      const { socketio } = portlessServer();
      const client = await joinedClient(socketio);
      const before = client.sid();
      await client.drop();
      await client.connect();
      expect(client.sid()).not.toBe(before);
      await client.disconnect();
      await client.connect();
      expect(socketio.clientCount).toBe(1);
    });
  });

  describe("emit()", () => {
    it("resolves when the handlers have come to their end, with everything that they sent", async () => {
      const { socketio } = portlessServer();
      socketio.on("count", async (to: number) => {
        for (let n = 1; n <= to; n += 1) {
          await new Promise((resolve) => setImmediate(resolve));
          emit("number", n);
        }
      });
      const client = await joinedClient(socketio);
      await client.emit("count", 3);
      expect(client.received()).toEqual([event("number", 1), event("number", 2), event("number", 3)]);
    });

    it("sends no value, one value or several", async () => {
      const { socketio } = portlessServer();
      const calls: unknown[][] = [];
      socketio.on("*", (...values) => void calls.push(values));
      const client = await joinedClient(socketio);
      await client.emit("none");
      await client.emit("one", [1, 2]);
      await client.emit("two", args(1, { b: 2 }));
      expect(calls).toEqual([["none"], ["one", [1, 2]], ["two", 1, { b: 2 }]]);
    });

    it("throws where the client is not connected", async () => {
      const { socketio } = portlessServer();
      const client = socketio.testClient();
      await expect(client.emit("e")).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      await client.connect();
      await expect(client.emit("e", null, "/chat")).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
        message: expect.stringContaining("not connected to /chat"),
      });
    });

    it("carries binary in both directions, and shares no memory with the server", async () => {
      const { socketio } = portlessServer();
      const got: unknown[] = [];
      socketio.on("file", (bytes: Buffer, note: string) => {
        got.push(bytes, note);
        bytes[0] = 0x78;
        return { bytes, more: [new Uint8Array([1, 2])] };
      });
      const client = await joinedClient(socketio);
      const mine = Buffer.from("abc");
      const answer = await client.call("file", args(mine, "a note"));
      expect(got).toEqual([Buffer.from("xbc"), "a note"]);
      expect(mine.toString()).toBe("abc");
      expect(answer).toEqual({ bytes: Buffer.from("xbc"), more: [Buffer.from([1, 2])] });
    });

    it("rejects when a handler does not come to its end", async () => {
      const { socketio } = portlessServer();
      const end = deferred();
      socketio.on("hang", () => end.promise);
      const client = socketio.testClient({ timeout: 100 });
      await client.connect();
      await expect(client.emit("hang")).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
      end.resolve();
      await client.idle();
    });
  });

  it("sends messages, as text or as JSON, in any namespace", async () => {
    const { socketio } = portlessServer();
    const calls: unknown[] = [];
    socketio.namespace("/chat").on("json", (data) => void calls.push(["/chat json", data]));
    socketio.on("message", (data) => void calls.push(["message", data]));
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    await client.send("hello");
    await client.send({ a: 1 }, { json: true, namespace: "/chat" });
    expect(calls).toEqual([
      ["message", "hello"],
      ["/chat json", { a: 1 }],
    ]);
  });

  describe("call()", () => {
    it("resolves to the acknowledgement: nothing, one value, or a list of several", async () => {
      const { socketio } = portlessServer();
      socketio.events({
        nothing: () => {},
        sum: (a: number, b: number) => a + b,
        several: () => args(1, "two"),
        list: () => [1, "two"],
      });
      const client = await joinedClient(socketio);
      expect(await client.call("nothing")).toBeUndefined();
      expect(await client.call("sum", args(2, 3))).toBe(5);
      expect(await client.call("several")).toEqual([1, "two"]);
      expect(await client.call("list")).toEqual([1, "two"]);
    });

    it("gives each caller its own answer", async () => {
      const { socketio } = portlessServer();
      socketio.on("wait", async (turns: number) => {
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return turns;
      });
      const client = await joinedClient(socketio);
      const answers = await Promise.all([5, 1, 3].map((turns) => client.call("wait", turns)));
      expect(answers).toEqual([5, 1, 3]);
    });

    it("rejects when the client is disconnected before the answer", async () => {
      const { socketio } = portlessServer();
      const end = deferred();
      socketio.on("ask", () => end.promise);
      socketio.on("leave", () => disconnect());
      const client = await joinedClient(socketio);
      const answered = client.call("ask");
      const left = client.emit("leave");
      await expect(answered).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      end.resolve();
      await left;
    });

    it("rejects when there is no answer in time", async () => {
      const { socketio } = portlessServer();
      const end = deferred();
      socketio.on("ask", () => end.promise);
      const client = socketio.testClient({ timeout: 100 });
      await client.connect();
      await expect(client.call("ask")).rejects.toMatchObject({
        code: "ERR_TIMEOUT",
        message: expect.stringContaining('"ask"'),
      });
      end.resolve();
      await client.idle();
    });
  });

  describe("on()", () => {
    it("answers events of the server", async () => {
      const { socketio } = portlessServer();
      const answers: unknown[] = [];
      socketio.on("start", async () => {
        answers.push(
          await call("add", args(1, 2)),
          await call("slow"),
          await call("unheard"),
          await call("pair"),
        );
      });
      const client = await joinedClient(socketio);
      client.on("add", (a: number, b: number) => a + b).on("slow", async () => "done");
      client.on("pair", () => args("a", "b"));
      await client.emit("start");
      expect(answers).toEqual([3, "done", undefined, ["a", "b"]]);
      expect(client.received().map(({ name }) => name)).toEqual(["add", "slow", "unheard", "pair"]);
    });

    it("lets emit() wait for what the answers set off", async () => {
      const { socketio } = portlessServer();
      socketio.on("start", () => {
        emit("ask", undefined, {
          callback: async (name: string) => {
            await Promise.resolve();
            emit("hello", name);
          },
        });
      });
      const client = await joinedClient(socketio);
      client.on("ask", async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return "Ada";
      });
      await client.emit("start");
      expect(client.received()).toEqual([event("ask"), event("hello", "Ada")]);
    });

    it("throws the error of a listener to the next caller that waits for the client", async () => {
      const { socketio } = portlessServer();
      socketio.on("start", () => emit("news"));
      const client = await joinedClient(socketio);
      client.on("news", () => {
        throw new Error("unexpected news");
      });
      await expect(client.emit("start")).rejects.toThrow("unexpected news");
      await expect(client.idle()).resolves.toBeUndefined();
    });

    it("hears in its own context, not in that of the handler that sent the event", async () => {
      const { socketio } = portlessServer();
      const place = new AsyncLocalStorage<string>();
      socketio.on("start", () => place.run("handler", () => emit("news")));
      const client = await joinedClient(socketio);
      const places: unknown[] = [];
      client.on("news", () => void places.push(place.getStore()));
      await client.emit("start");
      expect(places).toEqual([undefined]);
    });
  });

  it("gives what was received once, for all namespaces or for one", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat").on("connect", () => send("chat"));
    socketio.on("connect", () => send("main"));
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    expect(client.received("/chat")).toEqual([{ name: "message", args: ["chat"], namespace: "/chat" }]);
    expect(client.received("/chat")).toEqual([]);
    expect(client.received()).toEqual([event("message", "main")]);
    expect(client.received()).toEqual([]);
  });

  it("leaves one namespace, and with the last one the server", async () => {
    const { socketio } = portlessServer();
    const ends: unknown[] = [];
    for (const name of ["/", "/chat"]) {
      socketio.namespace(name).on("disconnect", (reason) => void ends.push([name, reason]));
    }
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    await client.disconnect("/chat");
    expect(client.isConnected("/chat")).toBe(false);
    expect([client.isConnected(), socketio.clientCount]).toEqual([true, 1]);
    await client.disconnect();
    expect(socketio.clientCount).toBe(0);
    expect(ends).toEqual([
      ["/chat", "client namespace disconnect"],
      ["/", "client namespace disconnect"],
    ]);
    await expect(client.disconnect()).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
  });

  it("loses its connection, and waits for what that sets off", async () => {
    const { socketio } = portlessServer();
    const ends: unknown[] = [];
    socketio.on("disconnect", async (reason) => {
      await new Promise((resolve) => setImmediate(resolve));
      ends.push(reason);
    });
    const client = await joinedClient(socketio);
    await client.drop();
    expect(ends).toEqual(["transport close"]);
    expect(client.isConnected()).toBe(false);
    expect(() => client.sid()).toThrow(expect.objectContaining({ code: "ERR_DISCONNECTED" }));
  });

  it("notices that the server disconnects it, from a namespace or altogether", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    socketio.on("leave", () => disconnect());
    socketio.on("leave all", () => disconnect({ close: true }));
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    await client.emit("leave");
    expect([client.isConnected(), client.isConnected("/chat")]).toEqual([false, true]);
    await client.connect();
    await client.emit("leave all");
    expect([client.isConnected(), client.isConnected("/chat")]).toEqual([false, false]);
    expect(socketio.clientCount).toBe(0);
  });

  it("carries header fields, cookies, a query and an address in its handshake", async () => {
    const sessions: HttpSessions = {
      name: "a test",
      writable: false,
      open: async ({ headers }) => ({
        read: async () => ({ user: headers.cookie }),
        write: async () => {},
      }),
    };
    const { socketio } = portlessServer({ session: sessions });
    const seen: unknown[] = [];
    socketio.use(({ session }, next) => {
      const { headers, query, address } = request;
      seen.push(session, headers["x-tag"], query.get("room"), address);
      return next();
    });
    const options = { headers: { Cookie: "ada", "X-Tag": "t" }, query: { room: "r" }, address: "192.0.2.7" };
    await socketio.testClient(options).connect();
    expect(seen).toEqual([{ user: "ada" }, "t", "r", "192.0.2.7"]);
  });

  it("answers heartbeats", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "performance"] });
    const { socketio } = portlessServer();
    const ends: unknown[] = [];
    socketio.on("disconnect", (reason) => void ends.push(reason));
    const client = await joinedClient(socketio);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    vi.useRealTimers();
    expect(client.isConnected()).toBe(true);
    expect(ends).toEqual([]);
  });
});

describe("A test client in a test that fakes the timers", () => {
  const hour = 60 * 60 * 1000;

  /** The ways in which tests fake timers. */
  const fakes: [
    name: string,
    enable: () => void,
    advance: (milliseconds: number) => void,
    restore: () => void,
  ][] = [
    [
      "with Vitest",
      () => void vi.useFakeTimers(),
      (milliseconds) => void vi.advanceTimersByTime(milliseconds),
      () => void vi.useRealTimers(),
    ],
    [
      "with node:test",
      () => mock.timers.enable(),
      (milliseconds) => mock.timers.tick(milliseconds),
      () => mock.timers.reset(),
    ],
  ];

  describe.each(fakes)("%s", (_name, enable, advance, restore) => {
    it("lets it wake handlers and tasks that sleep, however long, and loses no patience", async () => {
      const { socketio } = portlessServer();
      socketio.on("nap", async () => {
        await socketio.sleep(hour);
        emit("awake", request.sid);
        return "slept";
      });
      enable();
      onTestFinished(restore);
      const client = await joinedClient(socketio);
      const answer = client.call("nap");
      let rounds = 0;
      const task = socketio.startBackgroundTask(async () => {
        await socketio.sleep(hour);
        rounds += 1;
      });
      // A task takes its first step after what started it.
      await Promise.resolve();
      await Promise.resolve();
      advance(hour);
      expect(await answer).toBe("slept");
      await task.finished;
      expect([rounds, client.received()]).toEqual([
        1,
        [{ name: "awake", args: [client.sid()], namespace: "/" }],
      ]);
      restore();
    });

    it("runs a handler's timers as a part of the handler where they are bound to it", async () => {
      const { socketio } = portlessServer();
      socketio.on("later", () => {
        setTimeout(
          bindContext(() => emit("now", request.sid)),
          hour,
        );
      });
      enable();
      onTestFinished(restore);
      const client = await joinedClient(socketio);
      await client.emit("later");
      expect(client.received()).toEqual([]);
      advance(hour);
      await client.idle();
      expect(client.received()).toEqual([{ name: "now", args: [client.sid()], namespace: "/" }]);
      restore();
    });

    it("hears events and answers calls without time passing", async () => {
      enable();
      onTestFinished(restore);
      const { socketio } = portlessServer();
      socketio.on("echo", (value) => value);
      const client = await joinedClient(socketio);
      expect(await client.call("echo", 1)).toBe(1);
      client.on("ask", () => "answer");
      expect(await socketio.call("ask", undefined, { to: client.sid() })).toBe("answer");
      restore();
    });
  });
});
