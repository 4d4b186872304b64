/** The bounds on the cost of importing and downloading the package. */

import { medianOf } from "../system/statistics.ts";
import type { PackageImport } from "./package-import.ts";

/** The imports on one version of Node. */
export interface MeasuredNode {
  /** The name of the version: `Node 24`. */
  readonly name: string;
  readonly ours: readonly PackageImport[];
  /** The same for socket.io, round by round. */
  readonly theirs: readonly PackageImport[];
  /** The bound on the time, as a ratio to socket.io. */
  readonly time: number;
}

/** The measurements. */
export interface Measured {
  readonly nodes: readonly MeasuredNode[];
  /** The size of the tarball, in bytes. */
  readonly tarball: number;
}

/** The bounds that do not depend on Node: a ratio to socket.io, and a size in kB. */
export interface ImportTargets {
  readonly memory: number;
  readonly tarball: number;
}

export const targets: ImportTargets = { memory: 1, tarball: 640 };

/** The bounds on the time, as ratios to socket.io, each from a major version of Node on. */
const timeTargets: readonly (readonly [major: number, bound: number])[] = [
  [20, 0.7],
  [24, 0.7],
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
export function judge({ nodes, tarball }: Measured, targets: ImportTargets): readonly Verdict[] {
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

function judgeNode({ name, ours, theirs, time }: MeasuredNode, memory: number): readonly Verdict[] {
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
