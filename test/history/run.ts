/**
 * The history checker:
 *
 *     npm run history                                        50 seeds on each backplane
 *     npm run history -- --backplane redis --seeds 200       more of one
 *     npm run history -- --backplane redis --seed 17         one again
 *     npm run history -- --only cut,kill                     only some of what can go wrong
 */

import { parseArgs } from "node:util";
import { details, isGood, summary } from "./report.ts";
import { type Backplane, backplanes, type TroubleKind, troubleKinds } from "./schedule.ts";
import { runTrial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    backplane: { type: "string" },
    seeds: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
    "keep-going": { type: "boolean", default: false },
  },
});
const chosen = (values.backplane?.split(",") ?? [...backplanes]) as Backplane[];
for (const name of chosen)
  if (!backplanes.includes(name)) stop(`There is no backplane ${name}, only ${backplanes.join(", ")}.`);
const only = values.only?.split(",") as TroubleKind[] | undefined;
for (const kind of only ?? [])
  if (!troubleKinds.includes(kind)) stop(`There is no ${kind}, only ${troubleKinds.join(", ")}.`);
const first = wholeNumber("seed", values.seed, 1);
const count = wholeNumber("seeds", values.seeds, values.seed === undefined ? 50 : 1);

let failures = 0;
for (const backplane of chosen) {
  let good = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await runTrial({ backplane, seed, only });
    console.log(`${backplane}, ${summary(report)}`);
    if (isGood(report)) {
      good += 1;
      continue;
    }
    failures += 1;
    console.error(details(report));
    const what = only === undefined ? "" : ` --only ${only.join(",")}`;
    console.error(`Again: npm run history -- --backplane ${backplane} --seed ${seed}${what}`);
    if (!values["keep-going"]) process.exit(1);
  }
  console.log(`${backplane}: ${good} of ${count} seeds are good`);
}
process.exit(failures === 0 ? 0 : 1);

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) stop(`--${name} takes a whole number.`);
  return number;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
