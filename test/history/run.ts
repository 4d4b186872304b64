/**
 * The history checker:
 *
 *     npm run history                                        50 seeds on each backplane
 *     npm run history -- --backplane redis --seeds 200       more of one
 *     npm run history -- --backplane redis --seed 17         one again
 *     npm run history -- --only cut,kill                     only some of what can go wrong
 *     npm run history -- --server socket.io --backplane redis --only cut,kill
 *                                                            stock servers; their faults are counted
 */

import { parseArgs } from "node:util";
import { isSkipped } from "../support/brokers.ts";
import { details, isGood, summary } from "./report.ts";
import { type Backplane, backplanes, type TroubleKind, troubleKinds } from "./schedule.ts";
import { tally } from "./tally.ts";
import { makes, runTrial, type TrialReport } from "./trial.ts";

/** The faults that stock servers are tried with. */
const stockKinds: readonly TroubleKind[] = ["cut", "early", "freeze", "kill"];

const values = readFlags();
const chosen = (values.backplane?.split(",") ?? [...backplanes]) as Backplane[];
for (const name of chosen)
  if (!backplanes.includes(name)) stop(`There is no backplane ${name}, only ${backplanes.join(", ")}.`);
const only = values.only?.split(",") as TroubleKind[] | undefined;
for (const kind of only ?? [])
  if (!troubleKinds.includes(kind)) stop(`There is no ${kind}, only ${troubleKinds.join(", ")}.`);
const make = makes.find((name) => name === values.server);
if (make === undefined) stop(`There is no server ${values.server}, only ${makes.join(", ")}.`);
const isStock = make === "socket.io";
if (isStock && (chosen.join() !== "redis" || only?.some((kind) => !stockKinds.includes(kind)) !== false))
  stop(`Stock servers are tried with --backplane redis and --only some of ${stockKinds.join(",")}.`);
const first = wholeNumber("seed", values.seed, 1);
const count = wholeNumber("seeds", values.seeds, values.seed === undefined ? 50 : 1);

let failures = 0;
for (const backplane of chosen) {
  if (backplane !== "memory" && backplane !== "ipc" && isSkipped(backplane)) {
    console.log(`${backplane}: there is no server for it here`);
    continue;
  }
  const reports: TrialReport[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await runTrial({ make, backplane, seed, only });
    console.log(`${backplane}, ${summary(report)}`);
    reports.push(report);
    if (isGood(report) || isStock) continue;
    failures += 1;
    console.error(details(report));
    const what = only === undefined ? "" : ` --only ${only.join(",")}`;
    console.error(`Again: npm run history -- --backplane ${backplane} --seed ${seed}${what}`);
    if (!values["keep-going"]) process.exit(1);
  }
  const good = reports.filter(isGood).length;
  console.log(`${backplane}: ${good} of ${count} seeds are good; ${JSON.stringify(tally(reports))}`);
}
process.exit(failures === 0 ? 0 : 1);

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) stop(`--${name} takes an integer.`);
  return number;
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        backplane: { type: "string" },
        seeds: { type: "string" },
        seed: { type: "string" },
        only: { type: "string" },
        server: { type: "string", default: "roomcast" },
        "keep-going": { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error));
  }
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
