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
import { programs, providePrograms } from "../../scripts/programs.mjs";
import { formatTable } from "../report/text.ts";
import { buildIfStale } from "../system/preparation.ts";
import { judge, type MeasuredNode, targets, timeTarget } from "./import-targets.ts";
import { measureImport, type PackageImport, tarballSize } from "./package-import.ts";

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

if (flags.build) buildIfStale((line) => console.log(line));

const nodes = [measureOn(process.execPath, process.versions.node)];
if (!process.versions.node.startsWith("24.")) {
  const wanted = programs.filter(({ pathVariable }) => pathVariable === "NODE_24");
  const { NODE_24 } = providePrograms((line) => console.log(line), wanted);
  if (NODE_24 !== undefined) nodes.push(measureOn(NODE_24, "24"));
}

const verdicts = judge({ nodes, tarball: tarballSize() }, targets);
const rows = verdicts.map(({ name, ours, theirs, value, bound, isMet }) => [
  name,
  ours,
  theirs,
  value,
  `≤ ${bound}`,
  isMet ? "yes" : "no",
]);
console.log(formatTable(["", "roomcast", "socket.io", "compared", "target", "met"], rows));
if (!verdicts.every(({ isMet }) => isMet)) process.exitCode = 1;

function measureOn(node: string, version: string): MeasuredNode {
  const ours: PackageImport[] = [];
  const theirs: PackageImport[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(measureImport("roomcast", node));
    theirs.push(measureImport("socket.io", node));
  }
  return { name: `Node ${Number.parseInt(version, 10)}`, ours, theirs, time: timeTarget(version) };
}
