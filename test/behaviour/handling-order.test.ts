/** What runs before a client's event reaches its handler: the session, and middleware. */

import { ConnectionRefusedError, call, emit, session } from "roomcast";
import { describe, expect, it } from "vitest";
import { StoredSessions } from "../app/stored-sessions.ts";
import { joinedClient, plainClient, portlessServer } from "../support/portless-server.ts";
import { deferred, soon } from "../support/waiting.ts";

describe("a session that is the HTTP session itself", () => {
  it("loses no update of handlers that end at once, however slow the store is", async () => {
    const sessions = new StoredSessions();
    sessions.beforeRead = () => new Promise((resolve) => setImmediate(resolve));
    sessions.beforeWrite = () => new Promise((resolve) => setTimeout(resolve, 2));
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("count", () => {
      session.n = (session.n ?? 0) + 1;
      return session.n;
    });
    const client = await joinedClient(socketio);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.call("count")));
    expect(answers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(sessions.data.get("nobody")).toEqual({ n: 10 });
  });
});

describe("middleware", () => {
  it("that is slow keeps the order in which handlers start", async () => {
    const { socketio } = portlessServer();
    const gates = Array.from({ length: 3 }, () => deferred());
    const started: number[] = [];
    socketio.use(async ({ event, args }, next) => {
      if (event === "go") await gates[args[0] as number]?.promise;
      return next();
    });
    socketio.on("go", (index: number) => started.push(index));
    const client = await joinedClient(socketio);
    const done = Promise.all([0, 1, 2].map((index) => client.emit("go", index)));
    for (const gate of gates.toReversed()) gate.resolve();
    await done;
    expect(started).toEqual([0, 1, 2]);
  });

  it("does not hold up the next event once the handler has started", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.use((_context, next) => next());
    socketio.on("long", () => end.promise);
    socketio.on("short", () => "answered");
    const client = await joinedClient(socketio);
    const long = client.call("long");
    expect(await client.call("short")).toBe("answered");
    end.resolve();
    await long;
  });

  it("sees events that have no handler, and may answer them itself", async () => {
    const { socketio } = portlessServer();
    const seen: string[] = [];
    socketio.use(({ event }, next) => {
      seen.push(event);
      return event === "status" ? "fine" : next();
    });
    const client = await plainClient(socketio);
    expect(await client.call("unheard")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    expect(await client.call("status")).toBe("fine");
    expect(seen).toEqual(["connect", "unheard", "status"]);
  });

  it("that does not call next() for connect refuses the client", async () => {
    const { socketio } = portlessServer();
    socketio.use(() => {});
    socketio.on("connect", () => emit("welcome"));
    const client = socketio.testClient();
    await expect(client.connect()).rejects.toThrow(ConnectionRefusedError);
    expect(client.received()).toEqual([]);
  });
});

describe("ordering", () => {
  /** A server whose `go` handlers end when the test says so, with a log of their steps. */
  function gated(options: { ordering?: "concurrent" | "serial" } = {}, own: typeof options = {}) {
    const { socketio, log } = portlessServer(options);
    const steps: string[] = [];
    const gates = new Map<string, ReturnType<typeof deferred<void>>>();
    socketio.namespace("/chat", own).events({
      async go(name: string) {
        steps.push(`${name} starts`);
        const gate = deferred<void>();
        gates.set(name, gate);
        await gate.promise;
        steps.push(`${name} ends`);
        if (name === "fails") throw new Error("failed");
        return name;
      },
      disconnect: () => void steps.push("disconnected"),
    });
    return { socketio, log, steps, open: (name: string) => gates.get(name)?.resolve() };
  }

  it.each<[string, Parameters<typeof gated>]>([
    ["by default", []],
    ["when the server says so", [{ ordering: "concurrent" }]],
    ["when the namespace says so", [{ ordering: "serial" }, { ordering: "concurrent" }]],
  ])("is concurrent %s: a handler does not wait for the end of the one before", async (_where, given) => {
    const { socketio, steps, open } = gated(...given);
    const client = await joinedClient(socketio, "/chat");
    const calls = ["a", "b"].map((name) => client.call("go", name, "/chat"));
    await soon(() => steps).toEqual(["a starts", "b starts"]);
    open("b");
    open("a");
    expect(await Promise.all(calls)).toEqual(["a", "b"]);
    expect(steps.slice(2)).toEqual(["b ends", "a ends"]);
  });

  it.each<[string, Parameters<typeof gated>]>([
    ["when the server says so", [{ ordering: "serial" }]],
    ["when the namespace says so", [{}, { ordering: "serial" }]],
  ])(
    "is serial %s: each handler waits for the end of the one before, however it ends",
    async (_where, given) => {
      const { socketio, steps, open } = gated(...given);
      const client = await plainClient(socketio, "/chat");
      const other = await plainClient(socketio, "/chat");
      const calls = ["fails", "b"].map((name) => client.call("go", name, "/chat"));
      const others = other.call("go", "of another client", "/chat");
      await soon(() => steps).toEqual(["fails starts", "of another client starts"]);
      open("fails");
      await soon(() => steps.slice(2)).toEqual(["fails ends", "b starts"]);
      open("b");
      expect(await Promise.all(calls)).toMatchObject([{ error: { code: "ERR_HANDLER_FAILED" } }, "b"]);
      open("of another client");
      expect(await others).toBe("of another client");
    },
  );

  it("is serial also for middleware, slow sessions and error handlers", async () => {
    const sessions = new StoredSessions();
    sessions.beforeRead = () => new Promise((resolve) => setImmediate(resolve));
    const { socketio } = portlessServer({ session: sessions, ordering: "serial" });
    const steps: string[] = [];
    const pause = () => new Promise((resolve) => setImmediate(resolve));
    socketio.use(async ({ event, args }, next) => {
      await pause();
      const result = await next();
      await pause();
      if (event === "go") steps.push(`around ${args[0]}`);
      return result;
    });
    socketio.onErrorDefault(async () => {
      await pause();
      steps.push("handled");
    });
    socketio.on("go", async (index: number) => {
      await pause();
      steps.push(`handler ${index}`);
      if (index === 2) throw new Error("two");
    });
    const client = await joinedClient(socketio);
    await Promise.all([1, 2, 3].map((index) => client.emit("go", index)));
    expect(steps).toEqual(["handler 1", "around 1", "handler 2", "handled", "handler 3", "around 3"]);
  });

  it("lets a handler wait for an acknowledgement or its callback without blocking forever", async () => {
    const { socketio } = portlessServer({ ordering: "serial" });
    socketio.on("go", async () => {
      const answer = await call("ask");
      const again = await new Promise((resolve) => emit("ask", undefined, { callback: resolve }));
      return [answer, again];
    });
    const client = await joinedClient(socketio);
    client.on("ask", () => 7);
    expect(await client.call("go")).toEqual([7, 7]);
  });

  it("makes the disconnect handler wait for the running handler when it is serial", async () => {
    const { socketio, steps, open } = gated({ ordering: "serial" });
    const client = await joinedClient(socketio, "/chat");
    const gone = client.emit("go", "a", "/chat").catch(() => {});
    await soon(() => steps).toEqual(["a starts"]);
    const dropped = client.drop();
    expect(steps).toEqual(["a starts"]);
    open("a");
    await Promise.all([gone, dropped]);
    expect(steps).toEqual(["a starts", "a ends", "disconnected"]);
  });

  it("accepts only its two values", () => {
    expect(() => portlessServer({ ordering: "random" as "serial" })).toThrow('"concurrent" or "serial"');
    const { socketio } = portlessServer();
    expect(() => socketio.namespace("/chat", { ordering: "random" as "serial" })).toThrow("ordering");
  });
});
