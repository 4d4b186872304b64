/** Imports both packages in fresh processes, in turns, on the Node that runs this and on Node 24. */

import { programs, providePrograms } from "../../scripts/programs.mjs";
import type { Imports, ImportsOnNode } from "../compare/results.ts";
import { describeCommit } from "../system/machine.ts";
import { measureImport, type PackageImport, tarballSize } from "./package-import.ts";

/** Measures everything. Where there is no Node 24, a line says so. */
export function studyImports(rounds: number, say: (line: string) => void): Imports {
  const startedAt = performance.now();
  const nodes = [importsOn(process.execPath, process.versions.node, rounds)];
  if (!process.versions.node.startsWith("24.")) {
    const wanted = programs.filter(({ pathVariable }) => pathVariable === "NODE_24");
    const { NODE_24 } = providePrograms(say, wanted);
    if (NODE_24 !== undefined) nodes.push(importsOn(NODE_24, "24", rounds));
  }
  return {
    date: new Date().toISOString(),
    commit: describeCommit(),
    rounds,
    nodes,
    tarball: tarballSize(),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function importsOn(node: string, version: string, rounds: number): ImportsOnNode {
  const ours: PackageImport[] = [];
  const theirs: PackageImport[] = [];
  const turns = [
    () => ours.push(measureImport("roomcast", node)),
    () => theirs.push(measureImport("socket.io", node)),
  ];
  for (let round = 1; round <= rounds; round += 1)
    for (const turn of round % 2 === 1 ? turns : turns.toReversed()) turn();
  return { version, ours, theirs };
}
