import { AsyncLocalStorage } from "node:async_hooks";
import {
  type TracingChannel,
  type TracingChannelSubscribers,
  tracingChannel,
} from "node:diagnostics_channel";
import { args, ConnectionRefusedError, emit, request } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ConnectTrace, EventTrace } from "../../../src/base/tracing/tracing-channels.ts";
import { joinedClient, plainClient, portlessServer } from "../../support/portless-server.ts";
import { soon } from "../../support/waiting.ts";

const connects = tracingChannel<unknown, ConnectTrace>("roomcast.connect");
const events = tracingChannel<unknown, EventTrace>("roomcast.event");
const stages = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

/** What a channel tells during one test: the stages, and the context of each operation. */
function watch<Context extends object>(channel: TracingChannel<unknown, Context>) {
  const told: string[] = [];
  const contexts = new Set<Context>();
  const subscribers = Object.fromEntries(
    stages.map((stage) => [
      stage,
      (context: Context) => {
        told.push(stage);
        contexts.add(context);
      },
    ]),
  ) as unknown as TracingChannelSubscribers<Context>;
  channel.subscribe(subscribers);
  onTestFinished(() => channel.unsubscribe(subscribers));
  return {
    told,
    get contexts() {
      return [...contexts];
    },
  };
}

/** A store that is bound to a channel's start for one test, as a tracer binds its active span. */
function bound<Context extends object>(channel: TracingChannel<unknown, Context>, value: string) {
  const store = new AsyncLocalStorage<string>();
  (channel as TracingChannel<string, Context>).start.bindStore(store, () => value);
  onTestFinished(() => void channel.start.unbindStore(store as AsyncLocalStorage<unknown>));
  return store;
}

describe("roomcast.event", () => {
  it("tells what an event is, and its result", async () => {
    const { socketio } = portlessServer();
    socketio.on("add", (a: number, b: number) => a + b, { namespace: "/sums" });
    const client = await joinedClient(socketio, "/sums", { token: "t" });
    const watched = watch(events);
    expect(await client.call("add", args(1, 2), "/sums")).toBe(3);
    expect(watched.told).toEqual(["start", "end"]);
    expect(watched.contexts).toEqual([
      expect.objectContaining({
        namespace: "/sums",
        pattern: "/sums",
        event: "add",
        handler: "add",
        sid: expect.stringMatching(/^sid~/),
        args: [1, 2],
        acknowledged: true,
        auth: { token: "t" },
        connection: expect.any(Number),
        transport: expect.any(String),
        result: 3,
        request: expect.objectContaining({ path: "/socket.io/", headers: expect.anything() }),
      }),
    ]);
  });

  it.each<[what: string, event: string, handler: string | null, pattern: string]>([
    ["its own handler", "say", "say", "/^\\/room-/"],
    ["the catch-all", "other", "*", "/^\\/room-/"],
    ["the catch-all, although it is named like that", "*", "*", "/^\\/room-/"],
  ])("tells the registration of an event with %s", async (_what, event, handler, pattern) => {
    const { socketio } = portlessServer();
    socketio
      .namespace(/^\/room-/)
      .on("say", () => {})
      .on("*", () => {});
    const client = await joinedClient(socketio, "/room-17");
    const watched = watch(events);
    await client.emit(event, undefined, "/room-17");
    await soon(() => watched.contexts.length).toBe(1);
    const [context] = watched.contexts;
    expect(context).toMatchObject({ namespace: "/room-17", pattern, event, handler, acknowledged: false });
  });

  it("tells of an event without a handler", async () => {
    const { socketio } = portlessServer();
    const client = await plainClient(socketio);
    const watched = watch(events);
    expect(await client.call("nothing")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    expect(watched.contexts).toMatchObject([{ event: "nothing", handler: null, pattern: "/" }]);
    expect(watched.contexts[0]).not.toHaveProperty("error");
    expect(watched.contexts[0]?.result).toBeUndefined();
  });

  it("covers the time until an async handler has ended", async () => {
    const { socketio } = portlessServer();
    const watched = watch(events);
    let during: string[] = [];
    socketio.on("slow", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      during = [...watched.told];
      return "done";
    });
    expect(await (await plainClient(socketio)).call("slow")).toBe("done");
    expect(during).toEqual(["start", "end"]);
    expect(watched.told).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    expect(watched.contexts).toMatchObject([{ event: "slow", result: "done" }]);
  });

  it.each([
    ["throws", () => raise(new TypeError("broken")), ["start", "error", "end"]],
    [
      "rejects",
      async () => raise(new TypeError("broken")),
      ["start", "end", "error", "asyncStart", "asyncEnd"],
    ],
    ["returns what cannot be sent", () => 1n, ["start", "error", "end"]],
  ])("tells the error of a handler that %s", async (_how, handler, told) => {
    const { socketio } = portlessServer();
    socketio.on("fail", handler);
    const client = await plainClient(socketio);
    const watched = watch(events);
    await client.call("fail");
    expect(watched.told).toEqual(told);
    expect(watched.contexts).toMatchObject([{ event: "fail", error: expect.any(Error) }]);
    expect(watched.contexts[0]).not.toHaveProperty("result");
  });

  it("is the asynchronous context of middleware, handler, error handler and callbacks", async () => {
    const store = bound(events, "span");
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    const note = (where: string) => seen.push(`${where}: ${store.getStore()}`);
    socketio.use(async (_context, next) => {
      note("middleware");
      return next();
    });
    socketio.on("fail", async () => {
      note("handler");
      await null;
      note("after await");
      emit("ask", null, { callback: () => note(`callback of ${request.event.name}`) });
      throw new Error("broken");
    });
    socketio.onError(async () => {
      await null;
      note("error handler");
    });
    const client = await plainClient(socketio);
    client.on("ask", () => "answer");
    seen.length = 0;
    await client.call("fail");
    await soon(() => seen).toEqual([
      "middleware: span",
      "handler: span",
      "after await: span",
      "error handler: span",
      "callback of fail: span",
    ]);
    expect(store.getStore()).toBeUndefined();
  });

  it("tells of the handler of a client's end", async () => {
    const { socketio } = portlessServer();
    socketio.on("disconnect", () => {});
    const client = await joinedClient(socketio);
    const watched = watch(events);
    await client.disconnect();
    await soon(() => watched.contexts).toMatchObject([
      { event: "disconnect", handler: "disconnect", args: ["client namespace disconnect"] },
    ]);
  });

  it("tells of what runs for a client that has been accepted, and how it fails", async () => {
    const { socketio } = portlessServer();
    socketio.namespace(/^\/room-/).onAccepted(() => {
      if (request.auth?.fail === true) throw new Error("not today");
      return "ready";
    });
    const watched = watch(events);
    await joinedClient(socketio, "/room-1");
    await soon(() => watched.contexts).toMatchObject([
      { event: "accepted", handler: "accepted", pattern: "/^\\/room-/", args: [], acknowledged: false },
    ]);
    await socketio.testClient({ propagateErrors: false }).connect("/room-2", { fail: true });
    await soon(() => watched.contexts[1]).toMatchObject({ error: { message: "not today" } });
  });

  it("begins when the handler starts, not while an event waits for its turn", async () => {
    const { socketio } = portlessServer({ ordering: "serial" });
    const watched = watch(events);
    const starts: number[] = [];
    socketio.on("slow", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      starts.push(watched.told.filter((stage) => stage === "start").length);
    });
    const client = await plainClient(socketio);
    await Promise.all([client.call("slow"), client.call("slow")]);
    expect(starts).toEqual([1, 2]);
  });
});

describe("roomcast.connect", () => {
  it("tells of a client that joins, also where nothing handles that", async () => {
    const watched = watch(connects);
    const { socketio } = portlessServer({ namespaces: ["/a", "/b"] });
    socketio.on("connect", async () => {}, { namespace: "/b" });
    await joinedClient(socketio, "/a", { name: "Ada" });
    await joinedClient(socketio, "/b");
    expect(watched.contexts).toMatchObject([
      { namespace: "/a", pattern: "/a", handler: null, recovered: false, auth: { name: "Ada" } },
      { namespace: "/b", pattern: "/b", handler: "connect", recovered: false },
    ]);
    expect(watched.told).toEqual(["start", "end", "start", "end", "asyncStart", "asyncEnd"]);
  });

  it.each([
    ["a refusal", () => raise(new ConnectionRefusedError("not today")), "not today", undefined],
    ["false", () => false, "Connection rejected by server", undefined],
    ["an error", () => raise(new Error("broken")), "Connection rejected by server", expect.any(Error)],
  ])("tells of a client that is refused with %s", async (_how, handler, refusal, error) => {
    const watched = watch(connects);
    const { socketio } = portlessServer();
    socketio.on("connect", handler);
    await expect(plainClient(socketio)).rejects.toThrow();
    expect(watched.contexts).toMatchObject([{ refusal, ...(error && { error }) }]);
    expect("error" in (watched.contexts[0] ?? {})).toBe(error !== undefined);
  });

  it("is the asynchronous context of the connect handler", async () => {
    const store = bound(connects, "span");
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.on("connect", async () => {
      seen.push(store.getStore());
      await null;
      seen.push(store.getStore());
    });
    await joinedClient(socketio);
    expect(seen).toEqual(["span", "span"]);
  });
});

function raise(error: unknown): never {
  throw error;
}
