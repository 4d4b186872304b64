import {
  args,
  ConnectionRefusedError,
  call,
  disconnect,
  emit,
  joinRoom,
  Namespace,
  request,
  rooms,
  type SocketIO,
  session,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { type LogBook, plainClient, portlessServer } from "../../support/portless-server.ts";
import { deferred } from "../../support/waiting.ts";
import { StoredSessions } from "../stored-sessions.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

const failed = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};

const secret = new Error("the password is hunter2");

function raise(error: unknown): never {
  throw error;
}

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void;

/** What passes for a promise. */
function thenable(then: Then): object {
  return { then };
}

/** Ways in which a handler can fail, and with what. */
const failures: [how: string, fail: () => unknown, error: unknown][] = [
  ["throws", () => raise(secret), secret],
  ["rejects", () => tick().then(() => raise(secret)), secret],
  ["throws text", () => raise("text"), "text"],
  ["throws nothing", () => raise(undefined), undefined],
  ["rejects with null", () => Promise.reject(null), null],
  ["returns a thenable that rejects", () => thenable((_resolve, reject) => reject(secret)), secret],
  ["returns a thenable that throws", () => thenable(() => raise(secret)), secret],
  [
    "returns an object whose then throws when it is read",
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    () => Object.defineProperty({}, "then", { get: () => raise(secret) }),
    secret,
  ],
];

describe("a handler that takes more arguments than came", () => {
  const warnings = (log: LogBook) =>
    log.entries.filter(({ level }) => level === "warn").map(({ message }) => message);

  it("is warned of with the option debug: there is no callback to acknowledge with", async () => {
    const { socketio, log } = portlessServer({ debug: true });
    socketio.on("ask", (_message: string, acknowledge?: (answer: string) => void) =>
      acknowledge?.("never sent"),
    );
    const client = await plainClient(socketio);
    expect(await client.call("ask", "why")).toBeUndefined();
    expect(warnings(log)).toEqual([
      expect.stringContaining("<- ask: its handler takes 2 arguments, and 1 came. There is no callback"),
    ]);
  });

  it.each<[string, (...values: never[]) => unknown, unknown]>([
    ["takes as many as came", (_a: number, _b: number) => {}, args(1, 2)],
    ["takes fewer", () => {}, 1],
    ["has values for the rest", (_a: number, _b = 2, ..._more: number[]) => {}, 1],
  ])("is not what a handler is that %s", async (_what, handler, data) => {
    const { socketio, log } = portlessServer({ debug: true });
    socketio.on("ask", handler);
    await (await plainClient(socketio)).emit("ask", data);
    expect(warnings(log)).toEqual([]);
  });

  it("is not warned of without debug, and neither is a connect handler that gets no auth", async () => {
    const { socketio, log } = portlessServer();
    socketio.on("ask", (_message: string, _callback: unknown) => {});
    await (await plainClient(socketio)).emit("ask", "why");
    const debugged = portlessServer({ debug: true });
    debugged.socketio.on("connect", (_auth: unknown) => {});
    await plainClient(debugged.socketio);
    expect([warnings(log), warnings(debugged.log)]).toEqual([[], []]);
  });
});

describe("a handler's result", () => {
  const results: [what: string, result: () => unknown, answer: unknown][] = [
    ["nothing", () => {}, undefined],
    ["null", () => null, null],
    ["false", () => false, false],
    ["zero", () => 0, 0],
    ["a list", () => [1, [2]], [1, [2]]],
    ["a promise", async () => ({ a: 1 }), { a: 1 }],
    ["several values", () => args("a", 2), ["a", 2]],
    ["no values", () => args(), undefined],
    ["a promise of several values", async () => args("a", 2), ["a", 2]],
    ["a thenable", () => thenable((resolve) => resolve("later")), "later"],
    [
      "a thenable that settles more than once",
      () =>
        thenable((resolve, reject) => {
          resolve("first");
          resolve("second");
          reject(secret);
        }),
      "first",
    ],
    ["an object with a then that is no function", () => JSON.parse('{"then":7}'), JSON.parse('{"then":7}')],
    ["bytes", () => Buffer.from("abc"), Buffer.from("abc")],
    ["a date", () => new Date(0), "1970-01-01T00:00:00.000Z"],
  ];

  it.each(results)("of %s is the acknowledgement", async (_what, result, answer) => {
    const { socketio, log } = portlessServer();
    socketio.on("ask", result);
    const client = await plainClient(socketio);
    expect(await client.call("ask")).toEqual(answer);
    expect(log.errors).toEqual([]);
  });

  it.each(results)("of %s goes nowhere where no acknowledgement is wanted", async (_what, result) => {
    const { socketio, log } = portlessServer();
    socketio.on("tell", result);
    const client = await plainClient(socketio);
    await client.emit("tell");
    expect([client.received(), log.errors]).toEqual([[], []]);
  });

  it.each<[string, () => unknown]>([
    ["a BigInt", () => ({ total: 1n })],
    [
      "a cycle",
      () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      },
    ],
    [
      "what cannot be read",
      () => ({
        toJSON() {
          throw secret;
        },
      }),
    ],
    ["a promise of a BigInt", async () => 1n],
  ])("that is %s fails, and the caller is told so", async (_what, result) => {
    const { socketio, log } = portlessServer();
    socketio.on("ask", result);
    const client = await plainClient(socketio);
    expect(await client.call("ask")).toEqual(failed);
    expect(log.errors).toMatchObject([{ code: "ERR_PAYLOAD" }]);
    socketio.onErrorDefault(() => "sorry");
    expect(await client.call("ask")).toBe("sorry");
  });
});

describe("an event without a handler", () => {
  it("is answered, where an acknowledgement is wanted", async () => {
    const { socketio, log } = portlessServer();
    const client = await plainClient(socketio);
    await client.emit("unknown");
    expect(await client.call("unknown")).toEqual({
      error: { code: "ERR_NO_HANDLER", message: "The server has no handler for this event." },
    });
    expect(log.entries).toEqual([]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "is one named %s, too",
    async (name) => {
      const { socketio } = portlessServer();
      const client = await plainClient(socketio);
      expect(await client.call(name)).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    },
  );
});

describe("a handler that fails", () => {
  it.each(failures)(
    "because it %s is logged, and tells the caller nothing of why",
    async (_how, fail, error) => {
      const { socketio, log } = portlessServer();
      socketio.on("go", fail);
      const client = await plainClient(socketio);
      expect(await client.call("go")).toEqual(failed);
      await client.emit("go");
      const entry = {
        level: "error",
        message: `The handler failed: event "go", namespace "/", sid ${client.sid()}`,
        error,
      };
      expect(log.entries).toEqual([entry, entry]);
      expect(client.isConnected()).toBe(true);
    },
  );

  it.each(failures)(
    "because it %s reaches the error handler, whose result is the acknowledgement",
    async (_how, fail, error) => {
      const { socketio, log } = portlessServer();
      const caught: unknown[] = [];
      socketio.on("go", fail);
      socketio.onErrorDefault((thrown) => {
        caught.push(thrown);
        return { sorry: true };
      });
      const client = await plainClient(socketio);
      expect(await client.call("go")).toEqual({ sorry: true });
      expect(caught).toEqual([error]);
      expect(log.entries).toEqual([]);
    },
  );

  const answers: [what: string, handler: () => unknown, answer: unknown][] = [
    ["nothing, and the caller is told that the event failed", () => {}, failed],
    ["null", () => null, null],
    [
      "a promise",
      async () => {
        await tick();
        return "later";
      },
      "later",
    ],
    ["a promise of nothing", async () => {}, failed],
    ["several values", () => args(1, 2), [1, 2]],
    ["a thenable", () => thenable((resolve) => resolve("later")), "later"],
  ];

  it.each(answers)("is answered by an error handler that returns %s", async (_what, handler, answer) => {
    const { socketio, log } = portlessServer();
    socketio.on("go", () => raise(secret));
    socketio.onErrorDefault(handler);
    expect(await (await plainClient(socketio)).call("go")).toEqual(answer);
    expect(log.entries).toEqual([]);
  });

  it.each(failures)("is answered also when the error handler %s itself", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    const first = new Error("first");
    socketio.on("go", () => raise(first));
    socketio.onErrorDefault(fail);
    expect(await (await plainClient(socketio)).call("go")).toEqual(failed);
    expect(log.entries).toEqual([
      { level: "error", message: expect.stringContaining("The handler failed: "), error: first },
      { level: "error", message: expect.stringContaining("The error handler failed as well: "), error },
    ]);
  });

  it("is answered also when what the error handler returns cannot be sent", async () => {
    const { socketio, log } = portlessServer();
    socketio.on("go", () => raise(secret));
    socketio.onErrorDefault(() => 1n);
    expect(await (await plainClient(socketio)).call("go")).toEqual(failed);
    expect(log.errors).toMatchObject([{ code: "ERR_PAYLOAD" }]);
  });

  it("reaches the error handler of its namespace, or that of a pattern, or the default one", async () => {
    const { socketio } = portlessServer();
    const fail = () => raise(secret);
    socketio.onErrorDefault(() => "default");
    socketio.onError(() => "main");
    socketio.onError("/chat", () => "chat");
    socketio.onError(/^\/game/, () => "games");
    for (const name of ["/", "/chat", "/game-1", "/attic"]) socketio.on("go", fail, { namespace: name });
    const client = socketio.testClient({ propagateErrors: false });
    const answers: unknown[] = [];
    for (const name of ["/", "/chat", "/game-1", "/attic"]) {
      await client.connect(name);
      answers.push(await client.call("go", undefined, name));
    }
    expect(answers).toEqual(["main", "chat", "games", "default"]);
  });

  it("reaches an error handler that acts for its client", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", async () => {
      session.tries = 1;
      joinRoom("kitchen");
      await tick();
      throw secret;
    });
    socketio.onErrorDefault(async (error) => {
      await tick();
      emit("problem", [(error as Error).message, request.event, session.tries, rooms().length]);
    });
    const client = await plainClient(socketio);
    await client.emit("go", 7);
    expect(client.received()).toMatchObject([
      { name: "problem", args: [[secret.message, { name: "go", args: [7] }, 1, 2]] },
    ]);
  });

  it("holds up no later event, however long its error handler takes", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.on("go", () => raise(secret));
    socketio.on("ask", () => "answer");
    socketio.onErrorDefault(() => end.promise);
    const client = await plainClient(socketio);
    const failing = client.emit("go");
    expect(await client.call("ask")).toBe("answer");
    end.resolve();
    await failing;
  });

  it("needs a function to handle its error", () => {
    const { socketio } = portlessServer();
    expect(() => socketio.onError("/chat", undefined as never)).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER" }),
    );
    expect(() => socketio.onErrorDefault("log" as never)).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER" }),
    );
  });
});

describe("a handler that never ends", () => {
  it("holds up neither its client nor others", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    const reasons: string[] = [];
    socketio.on("hang", () => end.promise);
    socketio.on("ask", () => "answer");
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    const [ada, bob] = [await plainClient(socketio), await plainClient(socketio)];
    const hanging = ada.emit("hang");
    expect(await ada.call("ask")).toBe("answer");
    expect(await bob.call("ask")).toBe("answer");
    const dropped = ada.drop();
    expect(reasons).toEqual(["transport close"]);
    expect(socketio.clientCount).toBe(1);
    end.resolve();
    await Promise.all([hanging, dropped]);
  });
});

describe("a handler of accepted clients", () => {
  it("runs between the connect handler and the first event, as the client, with its session", async () => {
    const { socketio } = portlessServer();
    const calls: unknown[] = [];
    socketio.on("connect", async () => {
      session.name = "Ada";
      await tick();
      emit("from connect");
    });
    socketio.onAccepted(async () => {
      calls.push(["accepted", request.event, session.name, rooms(), await call("version")]);
      session.version = 3;
    });
    socketio.on("ask", () => session.version);
    const client = socketio.testClient();
    client.on("version", () => 3);
    await client.connect();
    expect(client.received().map(({ name }) => name)).toEqual(["from connect", "version"]);
    expect(calls).toEqual([["accepted", { name: "accepted", args: [] }, "Ada", [client.sid()], 3]]);
    expect(await client.call("ask")).toBe(3);
  });

  it("does not run for a refused client, nor for one that sends an event of that name", async () => {
    const { socketio } = portlessServer();
    let count = 0;
    socketio.on("connect", (auth) => auth !== undefined);
    socketio.onAccepted(() => {
      count += 1;
    });
    socketio.on("*", (event) => event);
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toThrow();
    expect(count).toBe(0);
    const client = socketio.testClient();
    await client.connect("/", {});
    expect(await client.call("accepted")).toBe("accepted");
    expect(count).toBe(1);
  });

  it.each(failures)("that %s leaves the client as it is", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    socketio.onAccepted(fail);
    const client = await plainClient(socketio);
    expect(client.isConnected()).toBe(true);
    expect(log.entries).toEqual([
      { level: "error", message: expect.stringContaining('event "accepted", namespace "/"'), error },
    ]);
  });

  it("belongs to its namespace, and may be a method of a class", async () => {
    const { socketio } = portlessServer();
    const calls: string[] = [];
    class Chat extends Namespace {
      override onAccepted() {
        calls.push(`${this.name} of the class`);
      }
    }
    socketio.onNamespace(new Chat("/chat"));
    socketio.namespace("/news").onAccepted(() => void calls.push(request.namespace));
    socketio.onAccepted(() => void calls.push(request.namespace), { namespace: /^\/game/ });
    const client = await plainClient(socketio);
    for (const name of ["/chat", "/news", "/game-1"]) await client.connect(name);
    expect(calls).toEqual(["/chat of the class", "/news", "/game-1"]);
  });
});

describe("a connect handler", () => {
  const refusals: [how: string, handler: () => unknown, refusal: object][] = [
    ["returns false", () => false, { message: "Connection rejected by server", data: undefined }],
    ["resolves to false", async () => false, { message: "Connection rejected by server", data: undefined }],
    [
      "throws a refusal",
      () => raise(new ConnectionRefusedError("no", { code: 7 })),
      { message: "no", data: { code: 7 } },
    ],
    [
      "rejects with a refusal",
      async () => {
        await tick();
        throw new ConnectionRefusedError("no", [1]);
      },
      { message: "no", data: [1] },
    ],
    [
      "throws a refusal without words",
      () => raise(new ConnectionRefusedError()),
      { message: "Connection rejected by server", data: undefined },
    ],
    [
      "resolves by a thenable to false",
      () => thenable((resolve) => resolve(false)),
      { message: "Connection rejected by server" },
    ],
  ];

  it.each(refusals)("that %s refuses the client, without ado", async (_how, handler, refusal) => {
    const { socketio, log } = portlessServer();
    const calls: string[] = [];
    socketio.on("connect", handler);
    socketio.on("disconnect", () => void calls.push("disconnect"));
    socketio.onErrorDefault(() => void calls.push("error"));
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toMatchObject(refusal);
    expect(calls).toEqual([]);
    expect(log.entries).toEqual([]);
    expect(socketio.clientCount).toBe(0);
  });

  it.each(failures)("that %s refuses the client, and tells it nothing of why", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    socketio.on("connect", fail);
    const refused = { message: "Connection rejected by server", data: undefined };
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toMatchObject(refused);
    expect(log.entries).toEqual([
      { level: "error", message: expect.stringContaining('event "connect", namespace "/"'), error },
    ]);
    const caught: unknown[] = [];
    socketio.onErrorDefault(async (thrown) => {
      await tick();
      caught.push(thrown);
      return "ignored";
    });
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toMatchObject(refused);
    expect(caught).toEqual([error]);
  });

  it.each([
    ["nothing", undefined],
    ["true", true],
    ["null", null],
    ["zero", 0],
    ["an empty text", ""],
  ])("that returns %s accepts the client", async (_what, result) => {
    const { socketio } = portlessServer();
    socketio.on("connect", () => result);
    expect((await plainClient(socketio)).isConnected()).toBe(true);
  });

  it("is not needed, in any namespace", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    const client = await plainClient(socketio);
    await client.connect("/chat");
  });

  it("refuses a client even when it has told another one to answer", async () => {
    const { socketio } = portlessServer();
    socketio.on("connect", () => {
      joinRoom("kitchen");
      emit("never heard");
      return false;
    });
    const client = socketio.testClient({ propagateErrors: false });
    await expect(client.connect()).rejects.toThrow();
    socketio.emit("never heard", undefined, { to: "kitchen" });
    await client.idle();
    expect(client.received()).toEqual([]);
  });

  describe("that still runs when its client leaves", () => {
    function presence() {
      const { socketio } = portlessServer();
      const decision = deferred<unknown>();
      const present = new Set<string>();
      const calls: unknown[] = [];
      socketio.on("connect", async () => {
        const verdict = await decision.promise;
        if (verdict === false) return false;
        present.add(request.sid);
        joinRoom("kitchen");
        calls.push("connect");
        return undefined;
      });
      socketio.on("disconnect", (reason) => {
        present.delete(request.sid);
        calls.push(reason);
      });
      return { socketio, decision, present, calls };
    }

    it("is followed by exactly one disconnect handler, which undoes what it did", async () => {
      const { socketio, decision, present, calls } = presence();
      const client = socketio.testClient({ propagateErrors: false });
      const connected = client.connect();
      const dropped = client.drop();
      await expect(Promise.race([connected, tick().then(() => "waits")])).resolves.toBe("waits");
      decision.resolve(true);
      await dropped;
      await expect(connected).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      expect(calls).toEqual(["connect", "transport close"]);
      expect(present.size).toBe(0);
      expect(socketio.clientCount).toBe(0);
    });

    it("is followed by none when it refuses", async () => {
      const { socketio, decision, calls } = presence();
      const client = socketio.testClient({ propagateErrors: false });
      const connected = client.connect();
      const dropped = client.drop();
      decision.resolve(false);
      await dropped;
      await expect(connected).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      expect(calls).toEqual([]);
    });
  });
});

describe("a disconnect handler", () => {
  it("is told why, can read what the client had, and reach the others", async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.on("connect", ({ name }) => {
      session.name = name;
      joinRoom("kitchen");
    });
    socketio.on("disconnect", async (reason) => {
      await tick();
      seen.push(reason, request.sid, rooms(), session.name);
      emit("gone", session.name, { to: "kitchen" });
      emit("never heard");
      socketio.emit("told everybody");
      joinRoom("attic");
      seen.push(rooms().includes("attic"), await call("ask").catch((error) => error.code));
    });
    const ada = await plainClient(socketio, "/", { name: "Ada" });
    const bob = await plainClient(socketio, "/", { name: "Bob" });
    const sid = ada.sid();
    await ada.drop();
    expect(seen).toEqual(["transport close", sid, [sid, "kitchen"], "Ada", false, "ERR_DISCONNECTED"]);
    expect(bob.received().map(({ name, args: values }) => [name, ...values])).toEqual([
      ["gone", "Ada"],
      ["told everybody"],
    ]);
  });

  it.each<[string, (socketio: SocketIO, client: Awaited<ReturnType<typeof plainClient>>) => unknown, string]>(
    [
      ["the client leaves", (_s, client) => client.disconnect(), "client namespace disconnect"],
      ["the network fails", (_s, client) => client.drop(), "transport close"],
      ["its handler disconnects it", (_s, client) => client.emit("leave"), "server namespace disconnect"],
      [
        "its handler closes its connection",
        (_s, client) => client.emit("close"),
        "server namespace disconnect",
      ],
      [
        "it is disconnected from anywhere",
        (s, client) => s.disconnect({ sid: client.sid() }),
        "server namespace disconnect",
      ],
      ["the server stops", (s) => s.stop(), "server shutting down"],
    ],
  )("runs once when %s", async (_what, end, reason) => {
    const { socketio } = portlessServer();
    const reasons: string[] = [];
    socketio.on("leave", () => disconnect());
    socketio.on("close", () => disconnect({ close: true }));
    socketio.on("disconnect", (why) => void reasons.push(why));
    const client = await plainClient(socketio);
    await end(socketio, client);
    await client.drop();
    expect(reasons).toEqual([reason]);
  });

  it.each(failures)("that %s is logged, and disturbs no other client", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    socketio.on("disconnect", fail);
    const [ada, bob] = [await plainClient(socketio), await plainClient(socketio)];
    await ada.drop();
    expect(log.entries).toEqual([
      { level: "error", message: expect.stringContaining('event "disconnect"'), error },
    ]);
    expect(bob.isConnected()).toBe(true);
  });

  it("stands outside of middleware", async () => {
    const { socketio } = portlessServer();
    const events: string[] = [];
    socketio.use(({ event }, next) => {
      events.push(event);
      return next();
    });
    socketio.on("disconnect", () => void events.push("handler"));
    await (await plainClient(socketio)).drop();
    expect(events).toEqual(["connect", "handler"]);
  });
});

describe("middleware", () => {
  it("sees the event before its handler, and changes the arguments", async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.use(async (context, next) => {
      if (context.event === "connect") session.user = "ada";
      seen.push({ ...context, args: [...context.args], session: { ...context.session } }, request.sid);
      context.args.splice(0, 1, "changed");
      context.args.push("added");
      return [await next(), "wrapped"];
    });
    socketio.on("go", (...values: unknown[]) => values.join());
    const client = await plainClient(socketio, "/", { token: 1 });
    const sid = client.sid();
    expect(await client.call("go", args("a", "b"))).toEqual(["changed,b,added", "wrapped"]);
    expect(seen).toEqual([
      { event: "connect", args: [{ token: 1 }], namespace: "/", sid, session: { user: "ada" } },
      sid,
      { event: "go", args: ["a", "b"], namespace: "/", sid, session: { user: "ada" } },
      sid,
    ]);
  });

  it("can answer in the handler's place", async () => {
    const { socketio } = portlessServer();
    const calls: string[] = [];
    socketio.use(({ event }, next) => (event === "go" ? "not allowed" : next()));
    socketio.on("go", () => void calls.push("go"));
    expect(await (await plainClient(socketio)).call("go")).toBe("not allowed");
    expect(calls).toEqual([]);
  });

  it("can refuse a client", async () => {
    const { socketio, log } = portlessServer();
    const calls: string[] = [];
    socketio.on("connect", () => void calls.push("connect"));
    socketio.use(({ args: [auth] }, next) => {
      if (auth === undefined) throw new ConnectionRefusedError("name, please");
      return (auth as { name: string }).name === "eve" ? false : next();
    });
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toThrow("name, please");
    await expect(
      socketio.testClient({ propagateErrors: false }).connect("/", { name: "eve" }),
    ).rejects.toThrow("Connection rejected");
    await plainClient(socketio, "/", { name: "ada" });
    expect(calls).toEqual(["connect"]);
    expect(log.entries).toEqual([]);
  });

  it.each(failures.slice(0, 5))("that %s fails the event as a handler would", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    socketio.use(({ event }, next) => (event === "go" ? fail() : next()));
    socketio.on("go", () => "never");
    expect(await (await plainClient(socketio)).call("go")).toEqual(failed);
    expect(log.errors).toEqual([error]);
  });

  it("that forgets to wait for next() neither loses the handler's error nor ends before it", async () => {
    const { socketio, log } = portlessServer();
    socketio.use((_context, next) => {
      void next();
    });
    socketio.on("go", async () => {
      await tick();
      throw secret;
    });
    const client = await plainClient(socketio);
    await client.emit("go");
    expect(log.errors).toEqual([secret]);
  });

  it("stands around a catch-all handler, too", async () => {
    const { socketio } = portlessServer();
    socketio.use(({ event, args: values }, next) => {
      if (event === "go") values.push("added");
      return next();
    });
    socketio.on("*", (...values) => values);
    expect(await (await plainClient(socketio)).call("go", 1)).toEqual(["go", 1, "added"]);
  });
});

describe("the callback of an acknowledgement", () => {
  it.each(failures.slice(0, 5))(
    "that %s reaches the error handler, and the client that answered stays",
    async (_how, fail, error) => {
      const { socketio, log } = portlessServer();
      socketio.on("go", () => emit("ask", undefined, { callback: fail }));
      const client = await plainClient(socketio);
      client.on("ask", () => "answer");
      await client.emit("go");
      const entry = { level: "error", message: expect.stringContaining('event "go"'), error };
      expect(log.entries).toEqual([entry]);
      const caught: unknown[] = [];
      socketio.onErrorDefault((thrown) => void caught.push([thrown, request.sid]));
      await client.emit("go");
      expect(caught).toEqual([[error, client.sid()]]);
      expect(client.isConnected()).toBe(true);
    },
  );

  it.each(failures.slice(0, 5))("that %s outside of handlers is logged", async (_how, fail, error) => {
    const { socketio, log } = portlessServer();
    const client = await plainClient(socketio);
    client.on("ask", () => "answer");
    socketio.emit("ask", undefined, { callback: fail });
    await client.idle();
    await expect
      .poll(() => log.entries)
      .toEqual([
        {
          level: "error",
          message: expect.stringMatching(/^The acknowledgement callback failed: event "ask", namespace "\/"/),
          error,
        },
      ]);
    expect(client.isConnected()).toBe(true);
  });

  it("has the session of its handler's client, and keeps it", async () => {
    const sessions = new StoredSessions();
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("go", () => {
      session.asked = true;
      emit("ask", undefined, {
        callback: (name: string) => {
          session.name = `${name} ${session.asked}`;
        },
      });
    });
    const client = socketio.testClient({ propagateErrors: false, headers: { cookie: "ada" } });
    await client.connect();
    client.on("ask", () => "Ada");
    await client.emit("go");
    expect(sessions.data.get("ada")).toEqual({ asked: true, name: "Ada true" });
  });
});

describe("the order of one client's events", () => {
  it("is kept by the starts of their handlers while sessions open slowly", async () => {
    const sessions = new StoredSessions();
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    const started: unknown[] = [];
    let delay = 20;
    sessions.beforeRead = async () => {
      delay -= 1;
      for (let turn = 0; turn < delay; turn += 1) await tick();
    };
    socketio.on("*", (_event, n) => void started.push(n));
    const client = await plainClient(socketio);
    await Promise.all(Array.from({ length: 10 }, (_, n) => client.emit("go", n)));
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("is kept up to the disconnect handler", async () => {
    const sessions = new StoredSessions();
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    const started: unknown[] = [];
    socketio.on("login", () => void started.push("login"));
    socketio.on("disconnect", () => void started.push("disconnect"));
    const client = await plainClient(socketio);
    const gate = deferred();
    sessions.beforeRead = () => gate.promise;
    const emitted = client.emit("login");
    sessions.beforeRead = () => {};
    const dropped = client.drop();
    gate.resolve();
    await Promise.all([emitted, dropped]);
    expect(started).toEqual(["login", "disconnect"]);
  });

  it("is not kept by the ends of their handlers: a slow one holds up none", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.on("slow", () => end.promise.then(() => "slow"));
    socketio.on("fast", () => "fast");
    const client = await plainClient(socketio);
    const order: unknown[] = [];
    const slow = client.call("slow").then((answer) => order.push(answer));
    await client.call("fast").then((answer) => order.push(answer));
    end.resolve();
    await slow;
    expect(order).toEqual(["fast", "slow"]);
  });
});

describe("an HTTP session", () => {
  it("that cannot be opened refuses the client", async () => {
    const sessions = new StoredSessions();
    const { socketio, log } = portlessServer({ session: sessions });
    sessions.beforeOpen = () => raise(secret);
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toThrow(
      "Connection rejected by server",
    );
    expect(log.errors).toEqual([secret]);
    expect(socketio.clientCount).toBe(0);
  });

  it("that cannot be read fails the event, whose handler does not run", async () => {
    const sessions = new StoredSessions();
    const { socketio, log } = portlessServer({ session: sessions, manageSession: false });
    const calls: string[] = [];
    socketio.on("go", () => void calls.push("go"));
    socketio.on("disconnect", () => void calls.push("disconnect"));
    const client = await plainClient(socketio);
    sessions.beforeRead = () => raise(secret);
    expect(await client.call("go")).toEqual(failed);
    await client.drop();
    expect(log.errors).toEqual([secret, secret]);
    expect(calls).toEqual([]);
  });

  it("that cannot be saved fails the event", async () => {
    const sessions = new StoredSessions();
    const { socketio, log } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("go", () => {
      session.n = 1;
      return "done";
    });
    const client = await plainClient(socketio);
    sessions.beforeWrite = () => raise(secret);
    expect(await client.call("go")).toEqual(failed);
    expect(log.errors).toEqual([secret]);
    socketio.onErrorDefault(async () => "could not be saved");
    expect(await client.call("go")).toBe("could not be saved");
  });

  it("that cannot be saved at connect refuses the client", async () => {
    const sessions = new StoredSessions();
    const { socketio, log } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("connect", () => {
      session.n = 1;
    });
    sessions.beforeWrite = () => raise(secret);
    await expect(socketio.testClient({ propagateErrors: false }).connect()).rejects.toThrow(
      "Connection rejected by server",
    );
    expect(log.errors).toEqual([secret]);
  });

  it("is saved before the caller is answered, with what the error handler wrote as well", async () => {
    const sessions = new StoredSessions();
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("go", () => {
      session.a = 1;
      throw secret;
    });
    socketio.onErrorDefault(() => {
      session.b = 2;
      return "sorry";
    });
    const client = await plainClient(socketio);
    expect(await client.call("go")).toBe("sorry");
    expect(sessions.data.get("nobody")).toEqual({ a: 1, b: 2 });
  });
});
