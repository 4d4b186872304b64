import { expect, it } from "vitest";
import { RequiredQueue } from "../../../src/app/cluster/required-queue.ts";
import { QueueHealth } from "../../../src/backplane/bus/queue-health.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setup() {
  const clock = new FakeClock();
  const health = new QueueHealth("Redis");
  return { clock, health, queue: new RequiredQueue(health, { timeout: 3000 }, clock) };
}

it("waits for a queue that comes late, and keeps the process alive until then", async () => {
  const { clock, health, queue } = setup();
  const waited = queue.wait();
  health.onDown(new Error("connect ECONNREFUSED"));
  clock.advance(2999);
  expect(clock.holdingTimerCount).toBe(1);
  health.onUp();
  await waited;
  expect(clock.holdingTimerCount).toBe(0);
  await queue.wait();
});

it("rejects when the time is over, with what the queue said last", async () => {
  const { clock, health, queue } = setup();
  for (const [problem, text] of [
    [null, "Redis is required, and was not there within 3000 ms: it did not answer. Start it"],
    [new Error("connect ECONNREFUSED"), "within 3000 ms: connect ECONNREFUSED. Start it"],
  ] as const) {
    if (problem !== null) health.onDown(problem);
    const waited = queue.wait();
    clock.advance(3000);
    await expect(waited).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining(text),
    });
  }
});

it("leaves a refusal to the connection, which tells it", async () => {
  const { health, queue } = setup();
  const waited = queue.wait();
  health.onUnusable(new RoomcastError("ERR_MESSAGE_QUEUE", "wrong password"));
  await waited;
});

it("ends when the server stops", async () => {
  const { clock, queue } = setup();
  const waits = [queue.wait(), queue.wait()];
  queue.cancel();
  for (const waited of waits) await expect(waited).rejects.toMatchObject({ code: "ERR_STATE" });
  await expect(queue.wait()).rejects.toMatchObject({ code: "ERR_STATE" });
  expect(clock.holdingTimerCount).toBe(0);
});
