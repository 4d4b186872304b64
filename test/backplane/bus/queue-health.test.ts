import { describe, expect, it } from "vitest";
import { noQueue, QueueHealth, withoutPasswords } from "../../../src/backplane/bus/queue-health.ts";

function setup() {
  const time = { now: 1000 };
  const health = new QueueHealth("Redis", () => time.now);
  return { time, health, stats: () => health.stats(undefined, "none") };
}

describe("the health of a message queue", () => {
  it("has the state, and since when", () => {
    const { time, health, stats } = setup();
    expect(stats()).toEqual({ ...noQueue, broker: "Redis", state: "connecting", since: 1000 });
    time.now = 2000;
    health.onUp();
    time.now = 3000;
    health.onUp();
    expect(stats()).toMatchObject({ state: "up", since: 2000, error: null });
    health.onDown(Object.assign(new Error("no route"), { code: "EHOSTUNREACH" }));
    time.now = 4000;
    health.onDown(new Error("refused"));
    expect(stats()).toMatchObject({ state: "down", since: 3000 });
    health.onClosed();
    health.onUp();
    expect(stats()).toMatchObject({ state: "none", since: 4000 });
  });

  it("keeps the latest error when the queue is back, and counts how often that happened", () => {
    const { health, stats } = setup();
    health.onDown(Object.assign(new Error("no route"), { code: "EHOSTUNREACH" }));
    health.onUp();
    expect(stats()).toMatchObject({
      reconnects: 0,
      error: { code: "EHOSTUNREACH", message: "no route", at: 1000 },
    });
    const behind = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    health.onDown(new Error("no connection", { cause: behind }));
    expect(stats().error).toMatchObject({ code: "ECONNREFUSED", message: "no connection" });
    health.onDown("a text");
    health.onUp();
    expect(stats()).toMatchObject({ reconnects: 1, error: { code: null, message: "a text" } });
  });

  it("keeps an error of the connection for recovery as well, and stays up", () => {
    const { health, stats } = setup();
    health.onUp();
    health.onProblem(new Error("OOM"));
    expect(stats()).toMatchObject({ state: "up", error: { message: "OOM" } });
  });

  it("adds up what was lost, beside the figures of the bus", () => {
    const { health } = setup();
    health.onDropped(2);
    health.onDropped(1);
    health.onUnconfirmed(4);
    expect(health.stats({ waiting: 5, latency: 0.5 }, "up")).toMatchObject({
      dropped: 3,
      unconfirmed: 4,
      waiting: 5,
      latency: 0.5,
      recovery: "up",
    });
  });

  it("tells when the queue is up for the first time, or will never be", async () => {
    for (const end of ["onUp", "onClosed"] as const) {
      const { health } = setup();
      health.onDown(new Error("not there"));
      const settled = health.settled();
      health[end]();
      await settled;
      await health.settled();
    }
    const { health } = setup();
    health.onUnusable(new Error("wrong password"));
    await health.settled();
    expect(health.state).toBe("refused");
  });

  it("has no user and no password of a URL in it", () => {
    const { health, stats } = setup();
    health.onDown(new TypeError("Invalid URL: redis://ann:pw-1@host:6379x, or rediss://:pw-2@host"));
    expect(stats().error?.message).toBe("Invalid URL: redis://***@host:6379x, or rediss://***@host");
    expect(withoutPasswords("see http://a.example/@b")).toBe("see http://a.example/@b");
  });
});
