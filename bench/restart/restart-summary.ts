/** What a restart shows of the attempts of its clients. */

import type { Attempt } from "./restart-messages.ts";
import type { RestartRecord } from "./restart-run.ts";

/** The attempts of all clients that come after equally many failures. */
export interface AttemptRow {
  /** 1 for the first attempt after the loss. */
  readonly number: number;
  readonly count: number;
  /** The longest wait that a client may draw, in ms, and the mean of those that were drawn. */
  readonly bound: number;
  readonly mean: number;
  /** How many attempts each tenth of the bound has, by the drawn waits. */
  readonly tenths: readonly number[];
  /** How far the tenth that is furthest off is from an equal share, in standard deviations. */
  readonly deviation: number;
}

/** The judgement of a restart. */
export interface RestartSummary {
  readonly rows: readonly AttemptRow[];
  /** Attempts that came before the wait that their client had drawn was over. */
  readonly early: number;
  /** Attempts of clients that had another one under way. */
  readonly overlapping: number;
  /** The most arrivals at the server in 100 ms, and in which tenth of a second after its end. */
  readonly busiest: { readonly count: number; readonly after: number };
}

/** Timers count whole milliseconds. */
const tolerance = 2;
/** The defaults of `connect()`, in ms. */
const [minDelay, maxDelay] = [1_000, 10_000];

/** Sums up a restart. */
export function summariseRestart({ attempts, arrivals, stoppedAt }: RestartRecord): RestartSummary {
  const all = attempts.flat();
  const rows: AttemptRow[] = [];
  for (let index = 0; ; index += 1) {
    const waits = attempts.flatMap((list) => list[index]?.wait ?? []);
    if (waits.length === 0) break;
    rows.push(rowOf(index, waits));
  }
  const slots = new Map<number, number>();
  for (const at of arrivals) {
    const slot = Math.floor((at - stoppedAt) / 100);
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  const [after = 0, count = 0] = [...slots].sort(([, one], [, other]) => other - one)[0] ?? [];
  return {
    rows,
    early: all.filter(isEarly).length,
    overlapping: all.filter(({ others }) => others > 0).length,
    busiest: { count, after: after * 100 },
  };
}

function rowOf(index: number, waits: readonly number[]): AttemptRow {
  const bound = Math.min(maxDelay, minDelay * 2 ** index);
  const tenths = Array<number>(10).fill(0);
  for (const wait of waits) {
    const tenth = Math.min(9, Math.floor((wait / bound) * 10));
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  const share = waits.length / 10;
  const deviations = tenths.map((count) => Math.abs(count - share) / Math.sqrt(share * 0.9));
  return {
    number: index + 1,
    count: waits.length,
    bound,
    mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    tenths,
    deviation: Math.max(...deviations),
  };
}

function isEarly({ wait, waited }: Attempt): boolean {
  return wait !== null && waited !== null && waited < wait - tolerance;
}
