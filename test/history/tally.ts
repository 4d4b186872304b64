/** What trials came to, in figures, so that servers can be set side by side. Only recoverable namespaces count. */

import { namespaces } from "./history.ts";
import { type Presence, presencesOf, receiptsOf, staysOf } from "./oracle.ts";
import type { TrialReport } from "./trial.ts";

/** See above. */
export interface Tally {
  readonly trials: number;
  /** Events, and how often they were received, of all namespaces. */
  readonly events: number;
  readonly receipts: number;
  /** How often clients came back and were told that nothing is missing. */
  readonly cameBack: number;
  /** How often they had to begin anew. */
  readonly beganAnew: number;
  /** Events for those who began anew that were sent before they were back, and that they never got. */
  readonly missed: number;
  /** Events that are missing although the client was there all the time, or was told that nothing is. */
  readonly lost: number;
  readonly doubled: number;
  /** Rooms of which clients disagree on the order of events, of all trials. */
  readonly disordered: number;
  /** What does not work when all is mended. */
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

/** The presences of each client. */
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
