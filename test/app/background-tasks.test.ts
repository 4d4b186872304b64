import { AsyncLocalStorage } from "node:async_hooks";
import { request } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";
import { deferred } from "../support/waiting.ts";

describe("background tasks", () => {
  it("run beside the handlers, with their arguments and a signal", async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    const task = socketio.startBackgroundTask(
      async (a: number, b: string, signal: AbortSignal) => void seen.push(a, b, signal.aborted),
      1,
      "b",
    );
    seen.push("started");
    await task.finished;
    expect(seen).toEqual(["started", 1, "b", false]);
  });

  it("that fail are logged once, with their name", async () => {
    const { socketio, log } = portlessServer();
    const why = new Error("why");
    const tasks = [
      socketio.startBackgroundTask(function countVisitors() {
        throw why;
      }),
      socketio.startBackgroundTask(async () => {
        throw "text";
      }),
    ];
    await Promise.all(tasks.map((task) => task.finished));
    expect(log.entries).toEqual([
      { level: "error", message: 'The background task "countVisitors" failed', error: why },
      { level: "error", message: 'The background task "anonymous" failed', error: "text" },
    ]);
  });

  it("that are cancelled before their first step never take it", async () => {
    const { socketio } = portlessServer();
    let started = false;
    const task = socketio.startBackgroundTask(async (signal) => {
      started = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    task.cancel();
    await task.finished;
    expect(started).toBe(false);
  });

  it("are cancelled one by one: their signal is aborted, and their sleep ends", async () => {
    const { socketio, log } = portlessServer();
    const seen: string[] = [];
    const sleeper = socketio.startBackgroundTask(async () => {
      await socketio.sleep(1_000_000);
      seen.push("never");
    });
    const listener = socketio.startBackgroundTask(async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      seen.push("heard");
    });
    const bystander = socketio.startBackgroundTask(async (signal) => {
      await listener.finished;
      seen.push(`bystander ${signal.aborted}`);
    });
    await new Promise((resolve) => setImmediate(resolve));
    sleeper.cancel();
    listener.cancel();
    await Promise.all([sleeper.finished, listener.finished, bystander.finished]);
    sleeper.cancel();
    expect(seen).toEqual(["heard", "bystander false"]);
    expect(log.entries).toEqual([]);
  });

  it("are cancelled when the server stops, which waits for them and starts no more", async () => {
    const { socketio, log } = portlessServer();
    const seen: string[] = [];
    const cleaned = deferred();
    socketio.startBackgroundTask(async () => {
      try {
        await socketio.sleep(1_000_000);
      } finally {
        await cleaned.promise;
        seen.push("cleaned up");
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = socketio.stop().then(() => seen.push("stopped"));
    expect(() => socketio.startBackgroundTask(() => {})).toThrow(
      expect.objectContaining({ code: "ERR_STATE" }),
    );
    cleaned.resolve();
    await stopped;
    expect(seen).toEqual(["cleaned up", "stopped"]);
    expect(log.entries).toEqual([]);
  });

  it("sleep() outside of a task just waits", async () => {
    const { socketio } = portlessServer();
    await expect(socketio.sleep(1)).resolves.toBeUndefined();
  });

  it("keep what surrounds the start, but for the handler", async () => {
    const { socketio } = portlessServer();
    const place = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    socketio.on("go", () =>
      place.run(
        "here",
        () =>
          socketio.startBackgroundTask(() => {
            seen.push(place.getStore());
            expect(() => request.sid).toThrow("outside of a handler");
          }).finished,
      ),
    );
    await (await joinedClient(socketio)).emit("go");
    expect(seen).toEqual(["here"]);
  });
});
