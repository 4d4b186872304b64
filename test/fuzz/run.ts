/**
 * The long form of the fuzz:
 *
 *     npm run fuzz                                 all decoders and the live server
 *     npm run fuzz -- --only frames,live           some of them
 *     npm run fuzz -- --seed 7 --cases 1000        as many cases of each, the same each time
 *     npm run fuzz -- --only base64 --keep         keeps one input for each outcome, for later runs
 */

import { parseArgs } from "node:util";
import { fuzzDecoder, inJson, writeCorpus } from "./decoder-fuzz.ts";
import { decoderTargets } from "./decoder-targets.ts";
import { deflateTargets } from "./deflate-targets.ts";
import { fuzzServer, type LiveReport } from "./live-fuzz.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seed: { type: "string" },
    cases: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const seed = wholeNumber("seed", values.seed, Date.now() % 2 ** 30);
const only = values.only?.split(",");
const targets = [...decoderTargets, ...deflateTargets];
const known = [...targets.map(({ name }) => name), "live"];
for (const name of only ?? [])
  if (!known.includes(name)) stop(`There is no ${name}, only ${known.join(", ")}.`);

for (const target of targets) {
  if (only !== undefined && !only.includes(target.name)) continue;
  const cases = wholeNumber("cases", values.cases, 1_000_000);
  const startedAt = performance.now();
  const report = await fuzzDecoder(target, seed, cases);
  if (report.finding !== null) {
    const { finding } = report;
    console.error(`${target.name} failed with`, finding.error);
    console.error(`on ${JSON.stringify(finding.input.map(inJson)).slice(0, 5000)}`);
    console.error(
      `Again: npm run fuzz -- --only ${target.name} --seed ${finding.seed} --cases ${finding.cases}`,
    );
    process.exit(1);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${target.name}: ${report.cases} cases, seed ${seed}, ${report.corpus.size} outcomes, ${Math.round(report.cases / seconds)} a second`,
  );
  if (values.keep) writeCorpus(target.name, report.corpus.values());
}

if (only?.includes("live") ?? true) {
  const count = wholeNumber("cases", values.cases, 200_000);
  const startedAt = performance.now();
  const onRound = ({ cases, answers, slowest, heaps }: LiveReport) =>
    console.log(
      `live: ${cases} of ${count} cases, ${Math.round((cases * 1000) / (performance.now() - startedAt))} a second, ` +
        `${answers} answers to others, the slowest after ${Math.round(slowest)} ms, heap ${Math.round((heaps.at(-1) ?? 0) / 1e5) / 10} MB`,
    );
  const { finding, outcomes, events } = await fuzzServer({ seed, count, onRound });
  const byCount = (counts: Iterable<[string, number]>) =>
    [...counts].sort(([, a], [, b]) => b - a).map(([what, times]) => `${what}: ${times}`);
  console.log(`What came back: ${byCount(outcomes).join(", ")}`);
  console.log(`What the server told: ${byCount(Object.entries(events)).join(", ")}`);
  if (finding !== null) {
    console.error("live failed:", ...finding.faults.slice(0, 5));
    console.error(`Again: npm run fuzz -- --only live --seed ${finding.seed} --cases ${finding.count}`);
    process.exit(1);
  }
  console.log(`live: ${count} cases, seed ${seed}, no finding`);
}
// Exits now, without waiting for the last of the reset sockets.
process.exit();

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) stop(`--${name} takes an integer.`);
  return number;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
