/**
 * Benchmarks of single hot files, without a network, for figures before and after a change.
 * One subject for each file.
 */

import { formatNumber, formatTable } from "../report/text.ts";
import { spreadOf } from "../system/statistics.ts";
import { bridgeBenchmarks } from "./bridge.ts";
import { broadcastBenchmarks } from "./broadcast.ts";
import { codecBenchmarks } from "./codec.ts";
import { contractBenchmarks } from "./contract.ts";
import { handlingBenchmarks } from "./handling.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { outboxBenchmarks } from "./outbox.ts";
import { roomsBenchmarks } from "./rooms.ts";
import { scrapeBenchmarks } from "./scrape.ts";

type Make = () => readonly MicroBenchmark[] | Promise<readonly MicroBenchmark[]>;

const subjects: Readonly<Record<string, Make>> = {
  codec: codecBenchmarks,
  outbox: outboxBenchmarks,
  broadcast: broadcastBenchmarks,
  handling: handlingBenchmarks,
  bridge: bridgeBenchmarks,
  contract: contractBenchmarks,
  rooms: roomsBenchmarks,
  scrape: scrapeBenchmarks,
};

/** How long the warm-up and each sample take, in ms. */
const warmUpTime = 300;
const sampleTime = 100;
const samples = 11;

/** Keeps results reachable, so that the compiler cannot remove the work. */
const sink = { last: undefined as unknown };

/** Runs the benchmarks of the named subjects, or of all. */
export async function runMicro(names: readonly string[], say: (line: string) => void): Promise<void> {
  for (const name of names.length === 0 ? Object.keys(subjects) : names) {
    const make = subjects[name];
    if (make === undefined) {
      throw new Error(
        `There are no micro-benchmarks of ${name}, only of ${Object.keys(subjects).join(", ")}.`,
      );
    }
    const rows = (await make()).map((benchmark) => {
      const times = spreadOf(measure(benchmark));
      return [
        benchmark.name,
        formatNumber(times?.median ?? Number.NaN),
        formatNumber(times?.least ?? Number.NaN),
        formatNumber(times?.most ?? Number.NaN),
      ];
    });
    say(`\n${formatTable([name, "ns each", "least", "most"], rows)}`);
  }
}

/** The time of one operation in ns, one number for each sample. */
function measure({ run, operations = 1 }: MicroBenchmark): number[] {
  const calls = Math.max(1, Math.round((countIn(run, warmUpTime) * sampleTime) / warmUpTime));
  return Array.from({ length: samples }, () => {
    const startedAt = performance.now();
    for (let call = 0; call < calls; call += 1) sink.last = run();
    return ((performance.now() - startedAt) * 1e6) / (calls * operations);
  });
}

/** How many calls fit into a time. */
function countIn(run: () => unknown, milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let calls = 0;
  while (performance.now() < end) {
    sink.last = run();
    calls += 1;
  }
  return calls;
}
