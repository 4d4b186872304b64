import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { nodeCluster } from "../../../src/app/cluster/worker-process.ts";
import { Workers, workerCount } from "../../../src/app/serve/workers.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { LogLines } from "../../support/log-lines.ts";

/** A forked process that a test ends. */
class FakeWorker extends EventEmitter {
  readonly process = {
    exitCode: null as number | null,
    signalCode: null as string | null,
    signals: [] as string[],
    kill: (signal: string) => void this.process.signals.push(signal),
  };

  isDead(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** The process listens. */
  listen(port = 5000): void {
    this.emit("message", { roomcastListening: { host: "127.0.0.1", port, url: `http://127.0.0.1:${port}` } });
  }

  /** The process has ended. */
  end(code: number | null, signal: string | null = null): void {
    this.process.exitCode = code;
    this.process.signalCode = signal;
    this.emit("exit", code, signal);
  }
}

let clock: FakeClock;
let log: LogLines;
let forked: FakeWorker[];
let environments: unknown[];

beforeEach(() => {
  clock = new FakeClock();
  log = new LogLines();
  forked = [];
  environments = [];
  vi.restoreAllMocks();
  vi.spyOn(nodeCluster(), "setupPrimary").mockImplementation(() => {});
  vi.spyOn(nodeCluster(), "fork").mockImplementation((environment) => {
    const worker = new FakeWorker();
    forked.push(worker);
    environments.push(environment);
    return worker as never;
  });
});

/** Workers that listen. */
async function running(count: number): Promise<Workers> {
  const workers = new Workers({ count, drainTimeout: 25_000 }, clock, log, () => {});
  const started = workers.start();
  for (const worker of forked) worker.listen();
  await started;
  return workers;
}

/** Promises have settled. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const at = (index: number): FakeWorker => forked[index] as FakeWorker;

describe("workers that start", () => {
  it("are as many as was asked for, know that they are workers, and are known before they run", async () => {
    const known: unknown[] = [];
    const workers = new Workers({ count: 2, drainTimeout: 25_000 }, clock, log, (worker) =>
      known.push(worker),
    );
    const started = workers.start();
    expect(known).toEqual(forked);
    const environment = {
      ROOMCAST_WORKER: "1",
      ROOMCAST_WORKER_SECRET: expect.stringMatching(/^[\w-]{40}$/) as string,
    };
    expect(environments).toEqual([environment, environment]);
    expect(environments[0]).toEqual(environments[1]);
    at(0).emit("message", null);
    at(0).emit("message", { ready: true });
    at(0).listen(5001);
    const hasStarted = vi.fn();
    void started.then(hasStarted);
    await settled();
    expect(hasStarted).not.toHaveBeenCalled();
    at(1).listen(5001);
    expect(await started).toMatchObject({ port: 5001 });
  });

  it.each([
    ["an exit code", 1, null, "exit code 1"],
    ["a signal", null, "SIGKILL", "SIGKILL"],
  ])("reject with %s when one ends before it listens, and end the others", async (_, code, signal, shown) => {
    const started = new Workers({ count: 2, drainTimeout: 25_000 }, clock, log, () => {}).start();
    at(1).listen();
    at(0).end(code, signal);
    await settled();
    expect(at(1).process.signals).toEqual(["SIGTERM"]);
    at(1).end(0);
    await expect(started).rejects.toMatchObject({
      code: "ERR_LISTEN",
      message: `A worker ended before it listened (${shown}). What it printed says why.`,
    });
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
  });

  it("may be as many as the machine runs at the same time", () => {
    expect(workerCount(3)).toBe(3);
    expect(workerCount("auto")).toBeGreaterThanOrEqual(1);
  });
});

describe("a worker that ends", () => {
  it("is replaced at once when it has worked for a while", async () => {
    await running(2);
    clock.advance(5000);
    at(0).end(7);
    clock.advance(0);
    expect(forked).toHaveLength(3);
    expect(log.lines).toEqual(["error A worker ended (exit code 7) and is replaced."]);
  });

  it("is replaced ever later, up to 10 s, while none works for longer than 5 s", async () => {
    await running(1);
    const pauses: number[] = [];
    for (let times = 0; times < 9; times += 1) {
      const count = forked.length;
      const before = clock.now();
      at(count - 1).end(null, "SIGSEGV");
      while (forked.length === count) clock.advance(100);
      pauses.push(clock.now() - before);
    }
    expect(pauses).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    expect(log.lines[0]).toBe("error A worker ended (SIGSEGV) and is replaced in 200 ms.");
    clock.advance(5000);
    at(forked.length - 1).end(1);
    clock.advance(0);
    at(forked.length - 1).end(1);
    expect(log.lines.slice(-2)).toEqual([
      "error A worker ended (exit code 1) and is replaced.",
      "error A worker ended (exit code 1) and is replaced in 200 ms.",
    ]);
  });

  it("is replaced also when it ends while others still start", async () => {
    const workers = new Workers({ count: 2, drainTimeout: 25_000 }, clock, log, () => {});
    const started = workers.start();
    at(0).listen();
    await settled();
    at(1).listen();
    at(1).process.exitCode = 1;
    await started;
    clock.advance(200);
    expect(forked).toHaveLength(3);
  });

  it("is not replaced while the workers stop, also where its replacement was due", async () => {
    const workers = await running(2);
    at(0).end(1);
    workers.expectEnd();
    at(1).end(0);
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
    expect(log.lines).toHaveLength(1);
  });
});

describe("workers that stop", () => {
  it("are asked to end, and are waited for", async () => {
    const workers = await running(2);
    const hasStopped = vi.fn();
    const stopped = workers.stop().then(hasStopped);
    expect(forked.map(({ process }) => process.signals)).toEqual([["SIGTERM"], ["SIGTERM"]]);
    at(0).end(0);
    await settled();
    expect(hasStopped).not.toHaveBeenCalled();
    at(1).end(0);
    await stopped;
    expect(clock.timerCount).toBe(0);
  });

  it("are killed, and the log says so, 5 s after the time for draining: this process stays until then", async () => {
    const workers = await running(1);
    const stopped = workers.stop();
    expect(clock.holdingTimerCount).toBe(1);
    clock.advance(29_999);
    expect(at(0).process.signals).toEqual(["SIGTERM"]);
    clock.advance(1);
    expect(at(0).process.signals).toEqual(["SIGTERM", "SIGKILL"]);
    expect(log.lines).toEqual([
      expect.stringContaining("A worker takes longer than 30000 ms to end and is killed."),
    ]);
    at(0).end(null, "SIGKILL");
    await stopped;
  });
});
