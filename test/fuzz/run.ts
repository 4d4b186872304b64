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
const known = decoderTargets.map(({ name }) => name);
for (const name of only ?? [])
  if (!known.includes(name)) stop(`There is no ${name}, only ${known.join(", ")}.`);

for (const target of decoderTargets) {
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

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) stop(`--${name} takes a whole number.`);
  return number;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
