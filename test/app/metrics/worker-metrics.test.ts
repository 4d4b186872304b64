import { expect, it } from "vitest";
import { WorkerMetrics } from "../../../src/app/metrics/worker-metrics.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { peerPair } from "./peer-pair.ts";

it("reads this process alone where the process that forked it does not answer", async () => {
  const clock = new FakeClock();
  const metrics = new WorkerMetrics({ isOn: false, collect: () => [] }, peerPair().worker, clock);
  const collected = metrics.collect();
  clock.advance(1000);
  expect(await collected).toEqual([]);
});

it("tells its counts from time to time while metrics are on, and when it ends", async () => {
  const clock = new FakeClock();
  const owner = { isOn: false, collect: () => [] };
  const { worker } = peerPair();
  const metrics = new WorkerMetrics(owner, worker, clock);
  clock.advance(2000);
  expect(worker.sent).toHaveLength(1);
  owner.isOn = true;
  clock.advance(4000);
  expect(worker.sent).toHaveLength(3);
  expect(clock.holdingTimerCount).toBe(0);
  await metrics.stop();
  expect(worker.sent).toHaveLength(4);
  expect(clock.timerCount).toBe(0);
});
