import { EventEmitter } from "node:events";
import { expect, it, vi } from "vitest";
import { nodeCluster } from "../../../src/app/cluster/worker-process.ts";
import { type WorkerPoolOwner, workerPool } from "../../../src/app/serve/worker-pool.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { LogLines } from "../../support/log-lines.ts";

it("connects each worker that it forks, and reads the metrics of all", async () => {
  const worker = Object.assign(new EventEmitter(), {
    process: { exitCode: null, signalCode: null, kill: () => worker.emit("exit", 0, null) },
    isDead: () => false,
    send: () => true,
  });
  vi.spyOn(nodeCluster(), "setupPrimary").mockImplementation(() => {});
  vi.spyOn(nodeCluster(), "fork").mockReturnValue(worker as never);
  const [connected, readers]: [unknown[], unknown[]] = [[], []];
  const pool = await workerPool(1, 1000, {
    cluster: { connectWorkers: async () => ({ connect: (one: unknown) => connected.push(one) }) },
    metrics: { collect: () => [], readTogether: (reader: unknown) => readers.push(reader) },
    logger: new LogLines(),
    clock: new FakeClock(),
  } as unknown as WorkerPoolOwner);
  expect([pool.count, connected.length, readers.length]).toEqual([1, 0, 1]);
  const address = { host: "127.0.0.1", port: 5000, url: "http://127.0.0.1:5000" };
  const started = pool.start();
  worker.emit("message", { roomcastListening: address });
  expect(await started).toEqual(address);
  expect(connected).toEqual([worker]);
  await pool.stop();
});
