import { EventEmitter } from "node:events";
import {
  bindContext,
  ContextError,
  call,
  closeRoom,
  disconnect,
  emit,
  joinRoom,
  leaveRoom,
  request,
  rooms,
  send,
  session,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { runOutsideContext } from "../../src/context/handler-context.ts";
import { joinedClient, portlessServer } from "../support/portless-server.ts";
import { deferred } from "../support/waiting.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Ways to continue a handler later. Each one must find the handler's client. */
const ways: [how: string, goOn: (then: () => void) => Promise<void>][] = [
  [
    "after an await",
    async (then) => {
      await null;
      then();
    },
  ],
  [
    "after many awaits",
    async (then) => {
      for (let n = 0; n < 20; n += 1) await tick();
      then();
    },
  ],
  ["in a timer", (then) => new Promise((resolve) => setTimeout(() => resolve(then()), 1))],
  [
    "in an interval",
    (then) =>
      new Promise((resolve) => {
        const timer = setInterval(() => {
          clearInterval(timer);
          resolve(then());
        }, 1);
      }),
  ],
  ["in setImmediate()", (then) => new Promise((resolve) => setImmediate(() => resolve(then())))],
  ["in process.nextTick()", (then) => new Promise((resolve) => process.nextTick(() => resolve(then())))],
  ["in queueMicrotask()", (then) => new Promise((resolve) => queueMicrotask(() => resolve(then())))],
  [
    "in Promise.all()",
    async (then) => {
      await Promise.all([tick(), tick().then(then), null]);
    },
  ],
  [
    "in the callback of an acknowledgement",
    (then) => new Promise((resolve) => emit("ask", undefined, { callback: () => resolve(then()) })),
  ],
  [
    "after call()",
    async (then) => {
      await call("ask");
      then();
    },
  ],
  [
    "in a listener that was bound",
    (then) =>
      new Promise((resolve) =>
        elsewhere.once(
          "go",
          bindContext(() => resolve(then())),
        ),
      ),
  ],
];

/** Emits outside of every handler's context. */
const elsewhere = new EventEmitter();

describe("the context of a handler", () => {
  it.each(ways)("is found again %s", async (how, goOn) => {
    const { socketio } = portlessServer();
    const started = deferred();
    const seen = new Map<string, unknown[]>();
    socketio.on("go", async () => {
      const own = request.sid;
      session.own = own;
      joinRoom(`room of ${own}`);
      const later = goOn(() => {
        seen.set(own, [request.sid, session.own, rooms(), request.event.name]);
        emit("done", own);
      });
      if (seen.size === 0) started.resolve();
      await later;
    });
    const clients = await Promise.all([joinedClient(socketio), joinedClient(socketio)]);
    for (const client of clients) client.on("ask", () => {});
    const handled = Promise.all(clients.map((client) => client.emit("go")));
    await started.promise;
    if (how.includes("listener")) elsewhere.emit("go");
    await handled;
    for (const client of clients) {
      const own = client.sid();
      expect(seen.get(own)).toEqual([own, own, [own, `room of ${own}`], "go"]);
      expect(client.received().filter(({ name }) => name === "done")).toEqual([
        { name: "done", args: [own], namespace: "/" },
      ]);
    }
  });

  it("is each client's own, for a thousand clients whose handlers overlap at random", async () => {
    const { socketio } = portlessServer();
    let state = 20_250_101;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
      return state % below;
    };
    const pause = () =>
      new Promise<void>((resolve) => {
        const way = random(3);
        if (way === 0) setTimeout(resolve, random(8));
        else if (way === 1) setImmediate(resolve);
        else resolve();
      });
    const faults: unknown[] = [];
    const finished = deferred();
    let running = 1000;
    socketio.on("work", async (own: string) => {
      const check = (step: string) => {
        const found = [request.sid, session.own ?? own, rooms().join()];
        if (found.join() !== [own, own, [own, ...(step === "start" ? [] : [`of ${own}`])].join()].join()) {
          faults.push([step, own, found]);
        }
      };
      check("start");
      session.own = own;
      joinRoom(`of ${own}`);
      for (let step = 0; step < 5; step += 1) {
        await pause();
        check(`step ${step}`);
        emit("step", [own, step]);
      }
      await Promise.all(
        [1, 2, 3].map(async (branch) => {
          await pause();
          check(`branch ${branch}`);
        }),
      );
      running -= 1;
      if (running === 0) finished.resolve();
    });
    const clients = await Promise.all(Array.from({ length: running }, () => joinedClient(socketio)));
    for (const client of clients) void client.emit("work", client.sid()).catch(() => {});
    await finished.promise;
    await clients[0]?.idle();
    expect(faults).toEqual([]);
    for (const client of clients) {
      const own = client.sid();
      expect(client.received().map(({ args }) => args[0])).toEqual(
        [0, 1, 2, 3, 4].map((step) => [own, step]),
      );
    }
  });

  it("does not reach background tasks", async () => {
    const { socketio } = portlessServer();
    const errors: unknown[] = [];
    socketio.on("go", async () => {
      await socketio.startBackgroundTask(async () => {
        for (const attempt of [() => emit("e"), () => request.sid, () => rooms()]) {
          try {
            attempt();
          } catch (error) {
            errors.push(error);
          }
        }
      }).finished;
    });
    await (await joinedClient(socketio)).emit("go");
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(error).toBeInstanceOf(ContextError);
  });

  it("reaches what goes on after the client has left, where the functions do nothing any more", async () => {
    const { socketio } = portlessServer();
    const left = deferred();
    const seen: unknown[] = [];
    socketio.on("go", async () => {
      joinRoom("kitchen");
      await left.promise;
      emit("too late");
      joinRoom("attic");
      disconnect();
      seen.push(request.sid, rooms());
      seen.push(await call("ask").catch((error) => error.code));
    });
    const client = await joinedClient(socketio);
    const sid = client.sid();
    const handled = client.emit("go");
    const dropped = client.drop();
    left.resolve();
    await Promise.all([handled, dropped]);
    expect(seen).toEqual([sid, [sid, "kitchen"], "ERR_DISCONNECTED"]);
  });
});

describe("outside of handlers", () => {
  const uses: [what: string, use: () => unknown, instead: string][] = [
    ["emit()", () => emit("e"), "socketio.emit()"],
    ["send()", () => send("hello"), "socketio.send()"],
    ["call()", () => call("e"), "socketio.call()"],
    ["joinRoom()", () => joinRoom("r"), "socketio.joinRoom(room, { sid })"],
    ["leaveRoom()", () => leaveRoom("r"), "socketio.leaveRoom(room, { sid })"],
    ["closeRoom()", () => closeRoom("r"), "socketio.closeRoom(room)"],
    ["rooms()", () => rooms(), "socketio.rooms({ sid })"],
    ["disconnect()", () => disconnect(), "socketio.disconnect({ sid })"],
    ["request.sid", () => request.sid, "Pass the value on"],
    ["request.namespace", () => request.namespace, "Pass the value on"],
    ["request.event", () => request.event, "Pass the value on"],
    ["request.auth", () => request.auth, "Pass the value on"],
    ["request.headers", () => request.headers, "Pass the value on"],
    ["request.url", () => request.url, "Pass the value on"],
    ["request.query", () => request.query, "Pass the value on"],
    ["request.address", () => request.address, "Pass the value on"],
    ["request.secure", () => request.secure, "Pass the value on"],
    ["request.transport", () => request.transport, "Pass the value on"],
    ["session", () => session.user, "Pass the value on"],
    [
      "session",
      () => {
        session.user = "ada";
      },
      "Pass the value on",
    ],
    ["session", () => "user" in session, "Pass the value on"],
    ["session", () => delete session.user, "Pass the value on"],
    ["session", () => Object.keys(session), "Pass the value on"],
  ];

  it.each(uses)("%s throws an error that names what to use instead", async (what, use, instead) => {
    const error: unknown = await Promise.resolve()
      .then(use)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ContextError);
    expect(error).toMatchObject({
      code: "ERR_CONTEXT",
      message: expect.stringMatching(/^.+ was used outside of a handler/),
    });
    const { message } = error as ContextError;
    expect(message).toContain(what);
    expect(message).toContain(instead);
    expect(message).toContain("bindContext()");
  });

  it("nothing throws what the client would have to be there for, in a handler", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", () => {
      for (const [what, use] of uses) if (what !== "call()") void use();
    });
    const client = await joinedClient(socketio);
    await client.emit("go");
    expect(client.isConnected()).toBe(false);
  });
});

describe("bindContext()", () => {
  it("gives back the callback as it is where no event is being handled", () => {
    const callback = () => {};
    expect(bindContext(callback)).toBe(callback);
  });

  it("hands on arguments and result", async () => {
    const { socketio } = portlessServer();
    let bound = (_a: number, _b: number) => "";
    socketio.on("go", () => {
      bound = bindContext((a: number, b: number) => `${request.sid} ${a + b}`);
    });
    const client = await joinedClient(socketio);
    await client.emit("go");
    expect(bound(1, 2)).toBe(`${client.sid()} 3`);
  });
});

describe("runOutsideContext()", () => {
  it("runs a function as if no event were being handled", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", () => {
      expect(() => runOutsideContext(() => request.sid)).toThrow(ContextError);
      return request.sid;
    });
    const client = await joinedClient(socketio);
    expect(await client.call("go")).toBe(client.sid());
  });
});
