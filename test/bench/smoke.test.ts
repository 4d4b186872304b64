import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Comparison, Results } from "../../bench/results.ts";
import { broadcast } from "../../bench/scenarios/broadcast.ts";
import { echo } from "../../bench/scenarios/echo.ts";
import { summarise } from "../../bench/summary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the quick benchmark of echo and broadcast", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-bench-"));
  let comparison: Comparison;

  beforeAll(async () => {
    const json = join(folder, "results.json");
    const program = [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "bench/run.ts")];
    const flags = ["echo", "broadcast", "--quick", "--servers", "roomcast", "--json", json];
    await promisify(execFile)(process.execPath, [...program, ...flags], { cwd: root });
    const results = JSON.parse(readFileSync(json, "utf8")) as Results;
    if (results.comparison === undefined) throw new Error("the benchmark wrote no comparison");
    comparison = results.comparison;
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("runs each scenario once a round", () => {
    expect(comparison.missing).toEqual([]);
    expect(comparison.runs.map(({ scenario, server, round }) => `${scenario} ${server} ${round}`)).toEqual([
      "echo roomcast 1",
      "echo roomcast 2",
      "broadcast roomcast 1",
      "broadcast roomcast 2",
    ]);
  });

  it("counts every answer and every delivery", () => {
    const messages = comparison.runs.map(({ outcome }) => outcome.messages);
    expect(messages).toEqual([1000, 1000, 1000, 1000]);
    expect([echo, broadcast].map(({ sizes }) => sizes.quick.messages)).toEqual([1000, 1000]);
  });

  it("measures time, processor and latency", () => {
    for (const scenario of [echo, broadcast]) {
      const [row] = summarise(scenario, comparison.runs, comparison.servers);
      expect(row?.rounds).toBe(2);
      expect(row?.rate).toBeGreaterThan(0);
      expect(row?.cpu).toBeGreaterThan(0);
      expect(row?.p50).toBeGreaterThan(0);
      expect(row?.p99).toBeGreaterThanOrEqual(row?.p50 ?? Number.NaN);
    }
  });
});
