/** The bounds on the cost of importing and downloading the package. */

import type { Imports, ImportsOnNode } from "../compare/results.ts";
import { medianOf } from "../system/statistics.ts";
import type { PackageImport } from "./package-import.ts";

/** The bounds that do not depend on Node: a ratio to socket.io, and a size in kB. */
export interface ImportTargets {
  readonly memory: number;
  readonly tarball: number;
}

export const targets: ImportTargets = { memory: 1, tarball: 640 };

/** The bounds on the time, as ratios to socket.io, each from a major version of Node on. */
const timeTargets: readonly (readonly [major: number, bound: number])[] = [
  [20, 0.5],
  // Here `node:http`, which both packages import, takes most of the time.
  [24, 0.95],
];

/** The bound on the time of the import on a version of Node: `24.1.0`. */
export function timeTarget(version: string): number {
  const major = Number.parseInt(version, 10);
  return timeTargets.findLast(([from]) => from <= major)?.[1] ?? Number.NaN;
}

/** One line of the result. */
export interface Verdict {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
  readonly value: string;
  readonly bound: string;
  readonly isMet: boolean;
}

/** Compares the medians of both packages with the targets. */
export function judge(
  { nodes, tarball }: Pick<Imports, "nodes" | "tarball">,
  targets: ImportTargets,
): readonly Verdict[] {
  const size = tarball / 1000;
  return [
    ...nodes.flatMap((node) => judgeNode(node, targets.memory)),
    {
      name: "tarball",
      ours: `${size.toFixed(0)} kB`,
      theirs: "–",
      value: `${size.toFixed(0)} kB`,
      bound: `${targets.tarball} kB`,
      isMet: size <= targets.tarball,
    },
  ];
}

function judgeNode({ version, ours, theirs }: ImportsOnNode, memory: number): readonly Verdict[] {
  const name = `Node ${Number.parseInt(version, 10)}`;
  const time = timeTarget(version);
  const compare = (what: string, unit: string, bound: number, measure: (run: PackageImport) => number) => {
    const [own, other] = [medianOf(ours.map(measure)), medianOf(theirs.map(measure))];
    return {
      name: `${name}, ${what}`,
      ours: `${own.toFixed(1)} ${unit}`,
      theirs: `${other.toFixed(1)} ${unit}`,
      value: (own / other).toFixed(2),
      bound: String(bound),
      isMet: own / other <= bound,
    };
  };
  return [
    compare("time", "ms", time, ({ milliseconds }) => milliseconds),
    compare("processor time", "ms", time, ({ processor }) => processor),
    compare("heap", "MB", memory, ({ heap }) => heap / 1e6),
    compare("process", "MB", memory, ({ rss }) => rss / 1e6),
  ];
}
