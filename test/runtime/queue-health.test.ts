/** What a program sees of its message queue from outside: `stats().queue`, `ready` and the end of `run()`. */

import { createServer } from "node:http";
import { inspect } from "node:util";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { freePort } from "../support/free-port.ts";
import { LogLines } from "../support/log-lines.ts";
import { startServer } from "../support/server.ts";
import { soon } from "../support/waiting.ts";

/** A broker that ends with the test. */
async function broker(kind: "redis" | "nats", ...args: readonly string[]): Promise<Broker> {
  const started = await Broker[kind](...args);
  onTestFinished(() => started.kill());
  return started;
}

describe.each([
  ["Redis", "redis"],
  ["NATS", "nats"],
] as const)("stats().queue of a server on %s", (name, kind) => {
  it.skipIf(isSkipped(kind))("follows an outage, and counts what was dropped in it", async () => {
    const queue = await broker(kind);
    const before = Date.now();
    const { socketio } = await startServer({ messageQueue: queue.url });
    const stats = () => socketio.stats().queue;
    await soon(() => stats().latency).toBeLessThan(1000);
    expect(stats()).toMatchObject({
      state: "up",
      broker: name,
      error: null,
      reconnects: 0,
      waiting: 0,
      dropped: 0,
      unconfirmed: 0,
      recovery: "none",
    });
    expect(stats().since).toBeGreaterThanOrEqual(before);
    await queue.kill();
    await soon(() => stats().state).toBe("down");
    for (let count = 0; count < 3; count += 1) socketio.emit("news", count);
    expect(stats()).toMatchObject({ dropped: 3, error: { message: expect.stringMatching(/./) } });
    expect(stats().error?.at).toBeGreaterThanOrEqual(stats().since ?? Number.NaN);
    // Its own clients are served all the while.
    expect(socketio.ready).toBe(true);
    await queue.start();
    await soon(() => stats()).toMatchObject({ state: "up", reconnects: 1, dropped: 3 });
    await socketio.stop();
    expect(stats()).toMatchObject({ state: "none", broker: name });
  });
});

describe.skipIf(isSkipped("redis"))("a message queue that is required", () => {
  const options = (url: string, timeout: number) => ({
    messageQueue: url,
    queueRequired: { timeout },
    logger: new LogLines(),
  });

  it("makes run() reject with what to do when it is not there in time, also before it forks workers", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const tryOn = async (url: string, workers: number | null) => {
      const socketio = new SocketIO(options(url, 1500));
      onTestFinished(() => socketio.stop());
      const error = await socketio.run({ port: 0, workers, signals: false }).catch((error: unknown) => error);
      expect(error).toMatchObject({
        code: "ERR_MESSAGE_QUEUE",
        message: expect.stringMatching(
          /is required.*within 1500 ms.*(ECONN|connection )refused.*"messageQueue"/i,
        ),
      });
      expect(socketio.stats().queue.error?.code).toBe("ECONNREFUSED");
      expect(inspect(error, { depth: 10 })).not.toContain("pw-1");
      expect(socketio.ready).toBe(false);
    };
    await Promise.all([
      tryOn(`redis://:pw-1@${address}`, null),
      tryOn(`nats://ann:pw-1@${address}`, null),
      tryOn(`redis://:pw-1@${address}`, 1),
    ]);
  });

  it("makes run() wait for one that comes in time, and the server unready whenever it is away", async () => {
    const queue = await broker("redis");
    await queue.kill();
    const socketio = new SocketIO(options(queue.url, 15_000));
    onTestFinished(() => socketio.stop());
    const running = socketio.run({ port: 0, signals: false });
    await soon(() => socketio.stats().queue.state).toBe("down");
    await queue.start();
    await running;
    expect(socketio.ready).toBe(true);
    await queue.kill();
    await soon(() => socketio.ready).toBe(false);
    await queue.start();
    await soon(() => socketio.ready).toBe(true);
  });

  it("keeps a server from being ready if the application listens by itself", async () => {
    const queue = await broker("redis");
    await queue.kill();
    const socketio = new SocketIO(createServer(), options(queue.url, 100));
    onTestFinished(() => socketio.stop());
    expect(socketio.ready).toBe(false);
    await soon(() => socketio.stats().queue.state).toBe("down");
    expect(socketio.ready).toBe(false);
    await queue.start();
    await soon(() => socketio.ready).toBe(true);
  });

  it("is not waited for any more when the server stops", async () => {
    const socketio = new SocketIO(options(`redis://127.0.0.1:${await freePort()}`, 60_000));
    const running = socketio.run({ port: 0, signals: false });
    const ended = expect(running).rejects.toMatchObject({ code: "ERR_STATE" });
    await socketio.stop();
    await ended;
  });
});

it.skipIf(isSkipped("redis"))(
  "tells the state of recovery apart, and counts events that it could not share",
  async () => {
    const queue = await broker("redis");
    const { socketio } = await startServer({ messageQueue: queue.url, recovery: true });
    const stats = () => socketio.stats().queue;
    await soon(() => stats()).toMatchObject({ state: "up", recovery: "up" });
    await queue.kill();
    await soon(() => stats()).toMatchObject({ state: "down", recovery: "down" });
    socketio.emit("news");
    await soon(() => stats().dropped).toBe(1);
  },
);
