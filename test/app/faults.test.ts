/** What the application throws, wherever it does: it is told once, with all that is known, and harms nobody. */

import { emit, type SocketIO, type TestClient } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { joinedClient, type LogBook, portlessServer } from "../support/portless-server.ts";

const fault = new Error("the lamp is out");
const fail = () => {
  throw fault;
};
const reject = async () => {
  await null;
  throw fault;
};

/** What the process would have ended with. */
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
  /** How often it is told: an error handler that fails is told of besides the error that it was to handle. */
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
    "in $place is told with event, namespace and sid",
    async ({ event, times = 1, prepare, act }) => {
      const uncaught = watchProcess();
      const { socketio, log } = portlessServer();
      socketio.on("other", () => "well");
      prepare(socketio);
      const client = await joinedClient(socketio);
      client.on("ask", () => "answer");
      const other = await joinedClient(socketio);
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

  it("in a background task is told with the task's name", async () => {
    const uncaught = watchProcess();
    const { socketio, log } = portlessServer();
    await socketio.startBackgroundTask(async function lamp() {
      await reject();
    }).finished;
    expect([told(log), log.errors, uncaught]).toEqual([['The background task "lamp" failed'], [fault], []]);
  });
});

function told(log: LogBook): string[] {
  return log.entries.filter(({ level }) => level === "error").map(({ message }) => message);
}
