import { expect, it } from "vitest";
import { WorkerMetrics } from "../../../src/app/metrics/worker-metrics.ts";
import { WorkerPoolMetrics } from "../../../src/app/metrics/worker-pool-metrics.ts";
import type { Metric } from "../../../src/observe/metrics/metric.ts";
import { Samples } from "../../../src/observe/metrics/samples.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { peerPair } from "./peer-pair.ts";

/** A process that counts. */
class Process {
  opened = 0;
  isOn = true;

  collect(): Metric[] {
    const samples = new Samples();
    samples.add("roomcast_processes", 1);
    samples.add("roomcast_connections_upgraded_total", this.opened);
    return samples.metrics();
  }
}

function setUp() {
  const clock = new FakeClock();
  const primary = new Process();
  const pool = new WorkerPoolMetrics(() => primary.collect(), clock);
  const fork = () => {
    const process = new Process();
    const channel = peerPair();
    pool.connect(channel.primary);
    return { process, ...channel, metrics: new WorkerMetrics(process, channel.worker, clock) };
  };
  return { clock, primary, pool, fork };
}

const read = (metrics: readonly Metric[]) =>
  metrics.map(({ samples }) => samples[0]).map((sample) => sample && "value" in sample && sample.value);

it("adds the metrics of all workers, whichever process is asked", async () => {
  const { primary, pool, fork } = setUp();
  const [first, second] = [fork(), fork()];
  await Promise.resolve();
  [primary.opened, first.process.opened, second.process.opened] = [1, 2, 3];
  expect(read(await pool.collect())).toEqual([3, 6]);
  expect(read(await second.metrics.collect())).toEqual([3, 6]);
});

it("keeps the counters of a worker that has ended, and forgets its gauges", async () => {
  const { pool, fork } = setUp();
  const [first, second] = [fork(), fork()];
  await Promise.resolve();
  [first.process.opened, second.process.opened] = [2, 3];
  await pool.collect();
  first.process.opened = 4;
  await first.metrics.stop();
  first.cut();
  expect(read(await pool.collect())).toEqual([2, 7]);
  second.cut();
  const third = fork();
  third.process.opened = 1;
  await Promise.resolve();
  expect(read(await pool.collect())).toEqual([2, 8]);
});

it("uses what a worker told last where it is killed, or does not answer", async () => {
  const { clock, pool, fork } = setUp();
  const [killed, busy] = [fork(), fork()];
  [killed.process.opened, busy.process.opened] = [5, 6];
  clock.advance(2000);
  await Promise.resolve();
  killed.cut();
  busy.worker.removeAllListeners();
  const collected = pool.collect();
  clock.advance(1000);
  expect(read(await collected)).toEqual([2, 11]);
});

it("does not wait for a worker that has not started to answer", async () => {
  const { clock, primary, pool } = setUp();
  primary.opened = 1;
  pool.connect(peerPair().primary);
  expect(read(await pool.collect())).toEqual([1, 1]);
  expect(clock.timerCount).toBe(0);
});
