/** The bounds on the cost of importing and downloading the package. */

import { medianOf } from "../system/statistics.ts";
import type { PackageImport } from "./package-import.ts";

/** The measurements. */
export interface Measured {
  readonly ours: readonly PackageImport[];
  /** The same for socket.io, round by round. */
  readonly theirs: readonly PackageImport[];
  /** The size of the tarball, in bytes. */
  readonly tarball: number;
}

/** The bounds: two ratios to socket.io, and a size in kB. */
export interface ImportTargets {
  readonly time: number;
  readonly memory: number;
  readonly tarball: number;
}

export const targets: ImportTargets = { time: 0.7, memory: 1, tarball: 480 };

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
export function judge({ ours, theirs, tarball }: Measured, targets: ImportTargets): readonly Verdict[] {
  const compare = (name: string, unit: string, bound: number, measure: (run: PackageImport) => number) => {
    const [own, other] = [medianOf(ours.map(measure)), medianOf(theirs.map(measure))];
    return {
      name,
      ours: `${own.toFixed(1)} ${unit}`,
      theirs: `${other.toFixed(1)} ${unit}`,
      value: (own / other).toFixed(2),
      bound: String(bound),
      isMet: own / other <= bound,
    };
  };
  const size = tarball / 1000;
  return [
    compare("import, time", "ms", targets.time, ({ milliseconds }) => milliseconds),
    compare("import, heap", "MB", targets.memory, ({ heap }) => heap / 1e6),
    compare("import, process", "MB", targets.memory, ({ rss }) => rss / 1e6),
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
