/**
 * The results of trials in figures, so that servers can be compared.
 * Counts recoverable namespaces only.
 */

import { namespaces } from "./history.ts";
import { type Presence, presencesOf, receiptsOf, staysOf } from "./oracle.ts";
import type { TrialReport } from "./trial.ts";

/** The figures of some trials. */
export interface Tally {
  readonly trials: number;
  /** Events in all namespaces, and how often clients received them. */
  readonly events: number;
  readonly receipts: number;
  /** How often clients came back and were told that nothing is missing. */
  readonly cameBack: number;
  /** How often clients came back with a new session. */
  readonly beganAnew: number;
  /** Events that clients with a new session never got, though they were sent before the return. */
  readonly missed: number;
  /** Events missing although the client was there all the time, or was told that nothing is missing. */
  readonly lost: number;
  readonly doubled: number;
  /** Rooms in which clients disagree on the order of events, over all trials. */
  readonly disordered: number;
  /** What still failed when everything was mended. */
  readonly complaints: number;
}

/** The figures of some trials. */
export function tally(reports: readonly TrialReport[]): Tally {
  const sum = (count: (report: TrialReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  const faults = (kind: string) =>
    sum((report) => report.faults.filter((fault) => fault.kind === kind).length);
  return {
    trials: reports.length,
    events: sum(({ history }) => history.emissions.size),
    receipts: sum(({ history }) =>
      history.accounts.flatMap(presencesOf).reduce((total, each) => total + receiptsOf(each).length, 0),
    ),
    cameBack: sum((report) =>
      kept(report)
        .flat()
        .reduce((total, { claims }) => total + claims.length, 0),
    ),
    beganAnew: sum((report) =>
      kept(report).reduce((total, { length }) => total + Math.max(0, length - 1), 0),
    ),
    missed: sum((report) => missed(report)),
    lost: faults("lost"),
    doubled: faults("doubled"),
    disordered: faults("disorder"),
    complaints: sum(({ complaints }) => complaints.length),
  };
}

/** The recoverable presences of each client. */
function kept({ history }: TrialReport): Presence[][] {
  return history.accounts.filter(({ namespace }) => namespace === namespaces.kept).map(presencesOf);
}

function missed(report: TrialReport): number {
  const { emissions } = report.history;
  let count = 0;
  for (const presences of kept(report)) {
    for (const [index, presence] of presences.entries()) {
      const next = presences[index + 1];
      if (next === undefined) continue;
      const has = new Set(receiptsOf(presence).map(({ tag }) => tag));
      const stays = staysOf(presence).filter(({ to }) => to === null);
      for (const { tag, namespace, rooms, begin, end } of emissions.values()) {
        if (namespace !== namespaces.kept || has.has(tag) || end === null || begin >= next.from) continue;
        if (stays.some(({ room, from }) => rooms.includes(room) && begin > from)) count += 1;
      }
    }
  }
  return count;
}
