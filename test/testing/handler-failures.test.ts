import { ConnectionRefusedError, call, disconnect, emit, send } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, plainClient, portlessServer } from "../support/portless-server.ts";
import { deferred } from "../support/waiting.ts";

const fault = new Error("the lamp is out");

const fail = () => {
  throw fault;
};

describe("a failure on the server is thrown by the test client", () => {
  it.each<[string, () => unknown]>([
    ["throws", fail],
    ["rejects", async () => fail()],
  ])("whose event a handler gets that %s, by emit, send and call", async (_how, handler) => {
    const { socketio, log } = portlessServer();
    socketio.events({ go: handler, message: handler });
    const client = await joinedClient(socketio);
    await expect(client.emit("go")).rejects.toBe(fault);
    await expect(client.send("text")).rejects.toBe(fault);
    await expect(client.call("go")).rejects.toBe(fault);
    expect(log.errors).toEqual([fault, fault, fault]);
    await expect(client.idle()).resolves.toBeUndefined();
  });

  it("by connect, where the handler does more than refuse the client", async () => {
    const { socketio } = portlessServer();
    socketio.on("connect", ({ how }) => {
      if (how === "refuse") throw new ConnectionRefusedError("members only");
      fail();
    });
    await expect(joinedClient(socketio, "/", { how: "fail" })).rejects.toBe(fault);
    await expect(joinedClient(socketio, "/", { how: "refuse" })).rejects.toThrow("members only");
  });

  it("by disconnect and drop", async () => {
    const { socketio } = portlessServer();
    socketio.on("disconnect", fail);
    await expect((await joinedClient(socketio)).disconnect()).rejects.toBe(fault);
    await expect((await joinedClient(socketio)).drop()).rejects.toBe(fault);
  });

  it("from middleware, callbacks, and what cannot be sent", async () => {
    const { socketio } = portlessServer();
    socketio.use(({ event }, next) => (event === "middleware" ? fail() : next()));
    socketio.events({
      middleware: () => {},
      callback: () => emit("question", undefined, { callback: fail }),
      result: () => 1n,
      data: () => emit("data", 1n),
    });
    const client = await joinedClient(socketio);
    await expect(client.emit("middleware")).rejects.toBe(fault);
    await expect(client.emit("callback")).rejects.toBe(fault);
    await expect(client.call("result")).rejects.toThrow("BigInt");
    await expect(client.emit("data")).rejects.toThrow("BigInt");
  });

  it("also where the error handler fails as well, and then both", async () => {
    const { socketio } = portlessServer();
    const second = new Error("so is the candle");
    socketio.on("go", fail).onErrorDefault(() => {
      throw second;
    });
    const client = await joinedClient(socketio);
    await expect(client.emit("go")).rejects.toMatchObject({ errors: [fault, second] });
  });

  it("and not where an error handler takes it, or the client gets no more errors than in production", async () => {
    const { socketio } = portlessServer();
    socketio
      .on("go", fail)
      .on("go", fail, { namespace: "/chat" })
      .onError("/chat", () => "handled");
    const client = await joinedClient(socketio, "/chat");
    expect(await client.call("go", undefined, "/chat")).toBe("handled");
    const plain = await plainClient(socketio);
    await plain.emit("go");
    expect(await plain.call("go")).toMatchObject({ error: { code: "ERR_HANDLER_FAILED" } });
    await expect(client.idle()).resolves.toBeUndefined();
  });

  it("that sent the event, where several wait", async () => {
    const { socketio } = portlessServer();
    const gates = { good: deferred(), bad: deferred() };
    socketio.on("go", async (name: "good" | "bad") => {
      await gates[name].promise;
      if (name === "bad") fail();
    });
    const [good, bad] = [await joinedClient(socketio), await joinedClient(socketio)];
    const results = Promise.allSettled([good.emit("go", "good"), bad.emit("go", "bad")]);
    gates.bad.resolve();
    gates.good.resolve();
    expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("that waits, where no test waits for the one whose handler failed", async () => {
    const { socketio } = portlessServer();
    socketio.on("kick", (sid: string) => disconnect({ sid }));
    socketio.on("disconnect", fail);
    const [ada, bob] = [await joinedClient(socketio), await joinedClient(socketio)];
    await expect(ada.emit("kick", bob.sid())).rejects.toBe(fault);
  });

  it("behind a trusted proxy, too", async () => {
    const { socketio } = portlessServer({ trustedProxies: ["127.0.0.1"] });
    socketio.on("go", fail);
    const client = socketio.testClient({ headers: { "x-forwarded-for": "203.0.113.7" } });
    await client.connect();
    await expect(client.emit("go")).rejects.toBe(fault);
  });
});

describe("an event without a handler", () => {
  it("is an error of emit and call that says what may be meant", async () => {
    const { socketio } = portlessServer();
    socketio.events({ my_event: () => "mine", join: () => {} });
    socketio.on("other", () => {}, { namespace: "/chat" });
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    const misspelt = { code: "ERR_NO_HANDLER", message: expect.stringContaining('mean "my_event"?') };
    await expect(client.emit("my_evnt", 1)).rejects.toMatchObject(misspelt);
    await expect(client.call("my_evnt", 1)).rejects.toMatchObject(misspelt);
    await expect(client.emit("my_event", 1, "/chat")).rejects.toThrow("has no handler in /chat");
    await expect(client.send("text")).rejects.toThrow('"message"');
  });

  it('is none where "*" handles it, middleware answers it, or the client is as in production', async () => {
    const { socketio } = portlessServer();
    socketio.use(({ event }, next) => (event === "status" ? "fine" : next()));
    socketio.on("*", (event: string) => event, { namespace: "/chat" });
    const client = await joinedClient(socketio, "/chat");
    await client.connect("/");
    expect(await client.call("anything", undefined, "/chat")).toBe("anything");
    expect(await client.call("status")).toBe("fine");
    expect(await (await plainClient(socketio)).call("x")).toMatchObject({
      error: { code: "ERR_NO_HANDLER" },
    });
  });
});

describe("a client that never answers", () => {
  it("is told apart by null in place of a listener, and costs no time", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", async () => {
      const failure = await call("question", undefined, { timeout: 5 }).catch(({ code }) => code);
      send(failure);
    });
    const client = await joinedClient(socketio);
    client.on("question", null);
    const began = performance.now();
    await client.emit("go");
    expect(client.received().map(({ name, args }) => [name, ...args])).toEqual([
      ["question"],
      ["message", "ERR_TIMEOUT"],
    ]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("may be waited for as long as the option timeout says", async () => {
    const { socketio } = portlessServer();
    const gate = deferred();
    socketio.on("go", () => gate.promise);
    const client = socketio.testClient({ timeout: 20 });
    await client.connect();
    await expect(client.emit("go")).rejects.toThrow("after 20 ms");
    await expect(client.call("go")).rejects.toThrow("within 20 ms");
    client.on("question", () => gate.promise);
    gate.resolve();
  });
});
