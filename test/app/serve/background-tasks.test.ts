import { AsyncLocalStorage } from "node:async_hooks";
import { request } from "roomcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { joinedClient, portlessServer } from "../../support/portless-server.ts";
import { deferred } from "../../support/waiting.ts";

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

  it("sleep for longer than the runtime's timers know, whether or not in a task", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { socketio } = portlessServer();
    const day = 24 * 60 * 60 * 1000;
    const rounds = { task: 0, outside: 0, endless: 0 };
    const tasks = [
      socketio.startBackgroundTask(async (signal) => {
        while (!signal.aborted) {
          await socketio.sleep(60 * day);
          rounds.task += 1;
        }
      }),
      socketio.startBackgroundTask(async () => {
        await socketio.sleep(Number.POSITIVE_INFINITY);
        rounds.endless += 1;
      }),
    ];
    void socketio.sleep(60 * day).then(() => {
      rounds.outside += 1;
    });
    await vi.advanceTimersByTimeAsync(59 * day);
    expect(rounds).toEqual({ task: 0, outside: 0, endless: 0 });
    await vi.advanceTimersByTimeAsync(day);
    expect(rounds).toEqual({ task: 1, outside: 1, endless: 0 });
    await vi.advanceTimersByTimeAsync(60 * day);
    expect(rounds).toEqual({ task: 2, outside: 1, endless: 0 });
    for (const task of tasks) task.cancel();
    await Promise.all(tasks.map(({ finished }) => finished));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sleep as often at a time as they like, and hand their signal to as many others, without a warning", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { socketio } = portlessServer();
    let ended = 0;
    const task = socketio.startBackgroundTask(async (signal) => {
      for (let count = 0; count < 20; count += 1) signal.addEventListener("abort", () => {});
      const sleeps = Array.from({ length: 20 }, () => socketio.sleep(1_000_000));
      for (const sleep of sleeps)
        sleep.catch((error: Error) => (ended += error.name === "AbortError" ? 1 : 0));
      await Promise.all([...sleeps, ...Array.from({ length: 20 }, () => socketio.sleep(1))]);
    });
    await socketio.sleep(5);
    task.cancel();
    await task.finished;
    await new Promise((resolve) => setImmediate(resolve));
    expect([ended, warnings]).toEqual([20, []]);
  });

  it("do not reach into handlers that run while they do: a handler's sleep goes on when a task is cancelled", async () => {
    const { socketio } = portlessServer();
    const woken = deferred();
    socketio.on("nap", async () => {
      await socketio.sleep(20);
      woken.resolve();
      return "slept";
    });
    let answer: Promise<unknown> | undefined;
    const task = socketio.startBackgroundTask(async () => {
      // The test client drives the handler from within the task.
      const client = await joinedClient(socketio);
      answer = client.call("nap");
      await socketio.sleep(1_000_000);
    });
    await vi.waitUntil(() => answer !== undefined);
    task.cancel();
    await task.finished;
    await woken.promise;
    expect(await answer).toBe("slept");
  });

  it("that are over cancel nothing that they have left behind", async () => {
    const { socketio } = portlessServer();
    let left: Promise<void> | undefined;
    const go = deferred();
    const task = socketio.startBackgroundTask(() => {
      left = go.promise.then(() => socketio.sleep(1));
    });
    await task.finished;
    task.cancel();
    go.resolve();
    await expect(left).resolves.toBeUndefined();
  });

  it.each([Number.NaN, null, "1000", undefined])("refuse to sleep for %s", async (time) => {
    const { socketio } = portlessServer();
    await expect(socketio.sleep(time as number)).rejects.toMatchObject({ code: "ERR_OPTION" });
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
