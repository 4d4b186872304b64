import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Comparison, Results, Scaling } from "../../bench/compare/results.ts";
import { summarise } from "../../bench/compare/summary.ts";
import { broadcast } from "../../bench/scenarios/broadcast.ts";
import { echo } from "../../bench/scenarios/echo.ts";
import { tail } from "../../bench/scenarios/tail.ts";
import { isSkipped } from "../support/brokers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const program = [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "bench/run.ts")];
const execute = promisify(execFile);

/** Runs the benchmark's command with `--quick`; resolves to its results. */
async function bench(...flags: string[]): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-bench-"));
  try {
    const json = join(folder, "results.json");
    await execute(process.execPath, [...program, ...flags, "--quick", "--json", json], {
      cwd: root,
    });
    return JSON.parse(readFileSync(json, "utf8")) as Results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("the quick benchmark of echo, broadcast and tail", () => {
  let comparison: Comparison;

  beforeAll(async () => {
    const results = await bench("echo", "broadcast", "tail", "--servers", "roomcast,bridge");
    if (results.comparison === undefined) throw new Error("the benchmark wrote no comparison");
    comparison = results.comparison;
  }, 180_000);

  it("runs each scenario once a round for each server, in alternating order", () => {
    expect(comparison.missing).toEqual([]);
    expect(comparison.runs.map(({ scenario, server, round }) => `${scenario} ${server} ${round}`)).toEqual([
      "echo roomcast 1",
      "echo bridge 1",
      "echo bridge 2",
      "echo roomcast 2",
      "broadcast roomcast 1",
      "broadcast bridge 1",
      "broadcast bridge 2",
      "broadcast roomcast 2",
      "tail roomcast 1",
      "tail bridge 1",
      "tail bridge 2",
      "tail roomcast 2",
    ]);
  });

  it("counts every answer and every delivery", () => {
    const messages = comparison.runs.map(({ outcome }) => outcome.messages);
    expect(messages).toEqual(Array(12).fill(1000));
    expect([echo, broadcast, tail].map(({ sizes }) => sizes.quick.messages)).toEqual([1000, 1000, 1000]);
  });

  it("measures time, processor and latency", () => {
    for (const scenario of [echo, broadcast, tail]) {
      const rows = summarise(scenario, comparison.runs, comparison.servers);
      expect(rows.map(({ server, rounds }) => [server, rounds])).toEqual([
        ["roomcast", 2],
        ["bridge", 2],
      ]);
      for (const { rate, cpu, p50, p99 } of rows) {
        expect(rate).toBeGreaterThan(0);
        expect(cpu).toBeGreaterThan(0);
        expect(p50).toBeGreaterThan(0);
        expect(p99).toBeGreaterThanOrEqual(p50 ?? Number.NaN);
      }
    }
  });

  it("offers all servers the same rate, half of what the first serves in a closed loop", () => {
    const rates = comparison.runs.flatMap(({ outcome }) => outcome.offered ?? []);
    expect(rates).toHaveLength(4);
    expect(new Set(rates).size).toBe(1);
    expect(rates[0]).toBeGreaterThan(0);
  });
});

describe("the quick benchmark against another checkout", () => {
  it("prints the median ratio of each scenario, near 1 for the same checkout", async () => {
    const flags = ["echo", "pipe", "--against", root, "--quick"];
    const { stdout } = await execute(process.execPath, [...program, ...flags], { cwd: root });
    const medians = ["echo", "pipe"].map((name) =>
      Number(new RegExp(`^\\| ${name} +\\| +([\\d.]+)`, "m").exec(stdout)?.[1]),
    );
    for (const median of medians) {
      expect(median).toBeGreaterThan(0.2);
      expect(median).toBeLessThan(5);
    }
  }, 180_000);

  it("names the missing build when the folder is no built checkout", async () => {
    const run = execute(process.execPath, [...program, "echo", "--against", tmpdir(), "--quick"], {
      cwd: root,
    });
    await expect(run).rejects.toThrow(
      "--against takes a checkout of Roomcast in which `npm run build` has run",
    );
  });
});

describe.skipIf(isSkipped("redis") || isSkipped("nats"))("the quick benchmark of several processes", () => {
  let scaling: Scaling;

  beforeAll(async () => {
    const results = await bench("--scaling", "--servers", "roomcast-redis,roomcast-nats");
    if (results.scaling === undefined) throw new Error("the benchmark wrote nothing of several processes");
    scaling = results.scaling;
  }, 180_000);

  it("counts how often the broker sends an event: to each process with members, on NATS except the sender", () => {
    expect(scaling.missing).toEqual([]);
    const copies = scaling.runs.map(({ server, processes, spread, copies }) => [
      `${server} ${processes} ${spread}`,
      Math.abs(Math.round(copies)),
    ]);
    expect(Object.fromEntries(copies)).toEqual({
      "roomcast-redis 1 1": 1,
      "roomcast-redis 2 1": 1,
      "roomcast-redis 2 2": 2,
      "roomcast-nats 1 1": 0,
      "roomcast-nats 2 1": 0,
      "roomcast-nats 2 2": 1,
    });
  });

  it("counts every delivery, and measures processes and broker", () => {
    for (const { events, deliveries, cpu } of scaling.runs) {
      expect([events, deliveries]).toEqual([60, 240]);
      expect(cpu.servers).toBeGreaterThan(0);
      expect(cpu.broker).toBeGreaterThan(0);
    }
  });

  it("measures clients that return to the same process and to another", () => {
    expect(scaling.returns.map(({ processes, clients, missed }) => [processes, clients, missed])).toEqual([
      [1, 40, 2],
      [2, 40, 2],
    ]);
    for (const { cpu, seconds } of scaling.returns) expect(cpu.servers / seconds).toBeGreaterThan(0);
  });

  it("measures a process while rooms of other processes are busy", () => {
    expect(scaling.bystanders.map(({ server, offered }) => `${server} ${offered}`)).toEqual([
      "roomcast-redis 0",
      "roomcast-redis 200",
      "roomcast-nats 0",
      "roomcast-nats 200",
    ]);
    for (const { offered, rate } of scaling.bystanders) if (offered > 0) expect(rate).toBeGreaterThan(0);
  });
});
