/** What a program sees of its message queue from outside: `stats().queue`, `ready` and the end of `run()`. */

import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
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
