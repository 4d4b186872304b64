/** Every error that the application throws is reported once, with full context, and does no other harm. */

import { inspect } from "node:util";
import {
  ConnectionRefusedError,
  emit,
  joinRoom,
  type Logger,
  type SocketIO,
  type TestClient,
} from "roomcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type LogBook, plainClient, portlessServer } from "../support/portless-server.ts";
import { soon } from "../support/waiting.ts";

/** The answer to an event whose handler failed. */
const failed = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};

const fault = new Error("the lamp is out");
const fail = (): never => {
  throw fault;
};
const reject = async () => {
  await null;
  throw fault;
};

/** Errors that would have ended the process. */
function watchProcess(): unknown[] {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on("unhandledRejection", note).on("uncaughtException", note);
  onTestFinished(() => void process.off("unhandledRejection", note).off("uncaughtException", note));
  return uncaught;
}

interface Scene {
  readonly place: string;
  /** The event that the log names. */
  readonly event: string;
  /** How often the error is logged: a failing error handler is logged in addition to the original error. */
  readonly times?: number;
  prepare(socketio: SocketIO): void;
  act(client: TestClient, socketio: SocketIO): Promise<unknown>;
}

const go = (client: TestClient) => client.emit("go").catch(() => {});
const handler = (place: string, run: () => unknown): Scene => ({
  place,
  event: "go",
  prepare: (socketio) => void socketio.on("go", run),
  act: go,
});

const scenes: Scene[] = [
  handler("a handler that throws", fail),
  handler("a handler that rejects", reject),
  handler("an acknowledgement callback of a handler", () => emit("ask", 1, { callback: fail })),
  handler("an acknowledgement callback that rejects", () => emit("ask", 1, { callback: reject })),
  {
    place: "an acknowledgement callback from anywhere",
    event: "ask",
    prepare: () => {},
    async act(client, socketio) {
      socketio.emit("ask", 1, { callback: reject, to: client.sid() });
      await client.idle();
    },
  },
  {
    place: "an error handler that throws",
    event: "go",
    times: 2,
    prepare: (socketio) => void socketio.on("go", fail).onErrorDefault(fail),
    act: go,
  },
  {
    place: "an error handler that rejects",
    event: "go",
    times: 2,
    prepare: (socketio) => void socketio.on("go", reject).onErrorDefault(reject),
    act: go,
  },
  {
    place: "middleware",
    event: "go",
    prepare: (socketio) =>
      void socketio.on("go", () => {}).use((context, next) => (context.event === "go" ? fail() : next())),
    act: go,
  },
  {
    place: "a disconnect handler that throws",
    event: "disconnect",
    prepare: (socketio) => void socketio.on("disconnect", fail),
    act: (client) => client.disconnect(),
  },
  {
    place: "a disconnect handler that rejects",
    event: "disconnect",
    prepare: (socketio) => void socketio.on("disconnect", reject),
    act: (client) => client.disconnect(),
  },
];

describe("an error", () => {
  it.each(scenes)(
    "in $place is logged with event, namespace and sid",
    async ({ event, times = 1, prepare, act }) => {
      const uncaught = watchProcess();
      const { socketio, log } = portlessServer();
      socketio.on("other", () => "well");
      prepare(socketio);
      const client = await plainClient(socketio);
      client.on("ask", () => "answer");
      const other = await plainClient(socketio);
      const sid = client.sid();
      await act(client, socketio);
      await new Promise((resolve) => setImmediate(resolve));
      expect(told(log)).toEqual(
        Array.from({ length: times }, () =>
          expect.stringContaining(`event "${event}", namespace "/", sid ${sid}`),
        ),
      );
      expect(log.errors).toEqual(Array.from({ length: times }, () => fault));
      expect(await other.call("other")).toBe("well");
      expect(uncaught).toEqual([]);
    },
  );

  it("in a background task is logged with the task's name", async () => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    await socketio.startBackgroundTask(async function lamp() {
      await reject();
    }).finished;
    expect([told(log), log.errors, uncaught]).toEqual([['The background task "lamp" failed'], [fault], []]);
  });
});

/** A proxy that throws at every access. */
const barred = new Proxy(
  {},
  Object.fromEntries(
    ["get", "has", "getPrototypeOf", "getOwnPropertyDescriptor", "ownKeys"].map((trap) => [
      trap,
      () => fail(),
    ]),
  ),
);

/** An error of a library that computes its text on first access, and fails. */
function lazyError(): unknown {
  const error = Object.create(Error.prototype);
  for (const name of ["message", "stack", "name"]) Object.defineProperty(error, name, { get: fail });
  return error;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const unreadable: [what: string, error: unknown][] = [
  ["whose text throws when it is read", lazyError()],
  ["without a prototype", Object.create(null)],
  ["that is a proxy which throws at everything", barred],
  ["that is a revoked proxy", revoked()],
  ["whose toString throws", { toString: fail, [inspect.custom]: fail }],
  ["that is a symbol", Symbol("lamp")],
];

describe.each(unreadable)("an error %s", (_what, error) => {
  const raise = () => {
    throw error;
  };
  const raiseLater = async () => {
    await null;
    throw error;
  };

  it.each([
    ["a handler throws", raise],
    ["a handler rejects with", raiseLater],
  ])("that %s is answered and logged, and harms no other client", async (_how, run) => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    socketio.on("go", run).on("other", () => "well");
    const client = await plainClient(socketio);
    expect(await client.call("go")).toEqual(failed);
    expect(told(log)).toEqual([expect.stringContaining('event "go", namespace "/"')]);
    // The log gets something printable.
    for (const shown of log.errors) expect(() => inspect(shown)).not.toThrow();
    expect(await client.call("other")).toBe("well");
    expect(uncaught).toEqual([]);
  });

  it.each<[place: string, prepare: (socketio: SocketIO) => void]>([
    [
      "middleware",
      (socketio) => void socketio.use((about, next) => (about.event === "go" ? raise() : next())),
    ],
    [
      "an error handler that throws it again",
      (socketio) => void socketio.onErrorDefault(raise).on("go", raise),
    ],
    ["an error handler that rejects", (socketio) => void socketio.onErrorDefault(raiseLater).on("go", raise)],
    ["a handler's value, when it is sent", (socketio) => void socketio.on("go", () => ({ toJSON: raise }))],
    [
      "a handler's value, when it is inspected",
      // biome-ignore lint/suspicious/noThenProperty: that is the point
      (socketio) => void socketio.on("go", () => Object.defineProperty({}, "then", { get: raise })),
    ],
  ])("in %s is answered and logged", async (_place, prepare) => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    socketio.on("other", () => "well").on("go", () => "not reached");
    socketio.off("go");
    prepare(socketio);
    const client = await plainClient(socketio);
    expect(await client.call("go")).toEqual(failed);
    expect(told(log).length).toBeGreaterThan(0);
    expect(await client.call("other")).toBe("well");
    expect(uncaught).toEqual([]);
  });

  it("refuses the client when a connect handler throws it, and is logged when a disconnect handler does", async () => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    socketio.namespace("/closed").on("connect", raise);
    socketio.on("disconnect", raise);
    await expect(plainClient(socketio, "/closed")).rejects.toThrow("Connection rejected by server");
    const client = await plainClient(socketio);
    await client.disconnect();
    expect(told(log)).toEqual([
      expect.stringContaining('event "connect"'),
      expect.stringContaining('event "disconnect"'),
    ]);
    expect(uncaught).toEqual([]);
  });

  it("is logged when a task, a callback, a listener or a handler without a client throws it", async () => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    socketio.on("go", () => emit("ask", 1, { callback: raiseLater }));
    socketio.on("join", () => joinRoom("user:1"));
    socketio.onOutgoing(raise);
    socketio.onOutgoing(raiseLater);
    socketio.onPresence("user:", { online: raise });
    socketio.servers.on("server event", raise);
    const client = await plainClient(socketio);
    const stopTracing = [socketio.trace(raise), socketio.trace(raiseLater)];
    await client.emit("go");
    for (const stop of stopTracing) stop();
    await client.emit("join");
    socketio.servers.emit("server event", 1, { includeSelf: true });
    await socketio.startBackgroundTask(async function lamp() {
      await raiseLater();
    }).finished;
    const cancelled = socketio.startBackgroundTask(async (signal: AbortSignal) => {
      await socketio.sleep(60_000).catch(() => {});
      if (signal.aborted) raise();
    });
    await new Promise((resolve) => setImmediate(resolve));
    cancelled.cancel();
    await cancelled.finished;
    for (const place of [
      'The handler failed: event "go"',
      "An error outside of any handler",
      'The presence handler "online" failed',
      'The handler of the servers\' event "server event" failed',
      "A trace listener failed",
      'The background task "lamp" failed',
      'The background task "anonymous" failed',
    ]) {
      expect(told(log)).toContainEqual(expect.stringContaining(place));
    }
    expect(await client.call("go")).toBeUndefined();
    expect(uncaught).toEqual([]);
  });

  it("fails the events of a client whose session throws it, and no others", async () => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer({
      session: { name: "lamp", writable: true, open: raise },
    });
    await expect(plainClient(socketio)).rejects.toThrow("Connection rejected by server");
    expect(told(log)).toEqual([expect.stringContaining('event "connect"')]);
    expect(uncaught).toEqual([]);
  });
});

describe("a refusal whose text cannot be read", () => {
  it("refuses the client without a text, and is logged", async () => {
    const { socketio, log } = portlessServer();
    socketio.on("connect", () => {
      throw Object.defineProperty(new ConnectionRefusedError(), "message", { get: fail });
    });
    await expect(plainClient(socketio)).rejects.toThrow("Connection rejected by server");
    expect(told(log)).toEqual([expect.stringContaining("The refusal cannot be read")]);
  });
});

it.each([
  ["a proxy that throws at everything", barred],
  ["a revoked proxy", revoked()],
])("a connect handler that returns %s refuses or accepts, and the process goes on", async (_what, value) => {
  const uncaught = watchProcess();
  const { socketio } = portlessServer();
  socketio.on("connect", () => value);
  socketio.namespace("/other").on("go", () => "well");
  // Either way, connecting comes to an end.
  await plainClient(socketio).catch(() => {});
  expect(await (await plainClient(socketio, "/other")).call("go", undefined, "/other")).toBe("well");
  expect(uncaught).toEqual([]);
});

describe("a logger", () => {
  const trouble = new Error("write after end");
  const loggers: [string, () => unknown][] = [
    [
      "throws",
      () => {
        throw trouble;
      },
    ],
    ["rejects", () => Promise.reject(trouble)],
    [
      "throws what cannot be read",
      () => {
        throw lazyError();
      },
    ],
  ];

  it.each(loggers)("that %s does no harm: its lines go to standard error", async (_how, write) => {
    const uncaught = watchProcess();
    const lines: string[] = [];
    const console = vi.spyOn(globalThis.console, "error").mockImplementation((line) => void lines.push(line));
    onTestFinished(() => console.mockRestore());
    const logger = { info: write, warn: write, error: write } as Logger;
    const { socketio } = portlessServer({ logger, debug: true });
    socketio.on("go", fail).on("go later", reject);
    const client = await plainClient(socketio);
    expect([await client.call("go"), await client.call("go later")]).toEqual([failed, failed]);
    await socketio.startBackgroundTask(fail).finished;
    await soon(() => lines.filter((line) => line.includes("the lamp is out"))).toHaveLength(3);
    expect(lines).toContainEqual(expect.stringContaining('event "go later", namespace "/"'));
    expect(lines).toContainEqual(expect.stringContaining("The logger did not take that line"));
    expect(uncaught).toEqual([]);
  });

  it("that throws, beside a console that throws, still does no harm", async () => {
    const uncaught = watchProcess();
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(fail);
    onTestFinished(() => console.mockRestore());
    const { socketio } = portlessServer({ logger: { info: fail, warn: fail, error: fail } });
    socketio.on("go", fail);
    expect(await (await plainClient(socketio)).call("go")).toEqual(failed);
    expect(uncaught).toEqual([]);
  });
});

function told(log: LogBook): string[] {
  return log.entries.filter(({ level }) => level === "error").map(({ message }) => message);
}
