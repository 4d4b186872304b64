/**
 * Measures the cost of importing the package as a ratio to socket.io, and the size of the package:
 *
 *     npm run bench:import                    21 rounds
 *     npm run bench:import -- --rounds 5      fewer
 *     npm run bench:import -- --no-build      dist/ as it is
 *
 * Each round imports both packages in fresh processes, one after the other: on the Node that runs this, and
 * on Node 24. Where there is no Node 24, a line says so. The exit code is 1 if a target is missed.
 */

import { parseArgs } from "node:util";
import { formatTable } from "../report/text.ts";
import { buildIfStale } from "../system/preparation.ts";
import { studyImports } from "./import-study.ts";
import { judge, targets } from "./import-targets.ts";

const { values: flags } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: "string", default: "21" },
    build: { type: "boolean", default: true },
  },
});
const rounds = Number(flags.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error("--rounds takes a number of rounds, from 1.");
  process.exit(2);
}

const say = (line: string) => console.log(line);
if (flags.build) buildIfStale(say);

const verdicts = judge(studyImports(rounds, say), targets);
const rows = verdicts.map(({ name, ours, theirs, value, bound, isMet }) => [
  name,
  ours,
  theirs,
  value,
  `≤ ${bound}`,
  isMet ? "yes" : "no",
]);
say(formatTable(["", "roomcast", "socket.io", "compared", "target", "met"], rows));
if (!verdicts.every(({ isMet }) => isMet)) process.exitCode = 1;
