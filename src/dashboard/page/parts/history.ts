/** Turns readings that only grow into rates, and keeps those of the last minutes for the charts. */

import type { OverviewAnswer, ProcessState, Traffic } from "../../api.ts";
import { durationsBetween, joinDurations, quantile } from "./quantile.ts";

/** The numbers of one moment, over all processes. */
export interface Moment {
  /** In seconds since 1970. */
  readonly time: number;
  readonly eventsIn: number | null;
  readonly eventsOut: number | null;
  readonly errors: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  /** Handler times, in seconds. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly websocket: number;
  readonly polling: number;
  /** The delay of the event loop that one timer of a hundred exceeds, in seconds: of the slowest process. */
  readonly loop: number | null;
  /** The round trip to the message queue, in seconds: of the slowest process. */
  readonly queue: number | null;
  readonly connects: number | null;
}

/** The rates of one process. */
export interface ProcessRates {
  readonly eventsIn: number | null;
  readonly eventsOut: number | null;
  /** The part of one core that it uses. */
  readonly cpu: number | null;
  /** In seconds. */
  readonly loop: number | null;
}

/** How many moments are kept: ten minutes. */
const maxMoments = 300;
/** After a pause of so many seconds a line is interrupted. */
const gap = 10;

const noRates: ProcessRates = { eventsIn: null, eventsOut: null, cpu: null, loop: null };
const counters = ["eventsIn", "eventsOut", "errors", "bytesIn", "bytesOut"] as const;

/** See the head of this file. */
export class History {
  /** The moments, the latest one last. */
  readonly moments: Moment[] = [];
  #before = new Map<string, ProcessState>();
  #rates = new Map<string, ProcessRates>();

  /** The rates of a process since the reading before. */
  ratesOf(id: string): ProcessRates {
    return this.#rates.get(id) ?? noRates;
  }

  /**
   * Takes a reading.
   *
   * @param time - in seconds since 1970
   */
  add({ processes }: OverviewAnswer, time: number): void {
    const last = this.moments.at(-1);
    if (last !== undefined && time - last.time > gap) this.#keep(emptyMoment(last.time + 1));
    // The same reading may come twice: a server answers two pages with one.
    const changed = processes.filter(({ id, at }) => this.#before.get(id)?.at !== at);
    if (changed.length > 0 || processes.length === 0) this.#keep(this.#moment(processes, time));
    this.#before = new Map(processes.map((state) => [state.id, state]));
  }

  #moment(processes: readonly ProcessState[], time: number): Moment {
    const known = processes.map((after) => ({ after, before: this.#before.get(after.id) }));
    this.#rates = new Map(known.map(({ after, before }) => [after.id, ratesBetween(before, after)]));
    const sums = Object.fromEntries(
      counters.map((name) => [name, sumOf(known.map(({ before, after }) => growth(name, before, after)))]),
    ) as Record<(typeof counters)[number], number | null>;
    const times = joinDurations(
      known.flatMap(({ before, after }) =>
        after.traffic === null || before === undefined
          ? []
          : [durationsBetween(before.traffic?.handlers, after.traffic.handlers)],
      ),
    );
    return {
      time,
      ...sums,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      websocket: total(processes, ({ transports }) => transports.websocket ?? 0),
      polling: total(processes, ({ transports }) => transports.polling ?? 0),
      loop: greatest([...this.#rates.values()].map(({ loop }) => loop)),
      queue: greatest(processes.map(({ queue }) => (queue?.latency == null ? null : queue.latency / 1000))),
      connects: sumOf(
        known.map(({ before, after }) => perSecond(before, after, ({ counts: { opened = 0 } }) => opened)),
      ),
    };
  }

  #keep(moment: Moment): void {
    this.moments.push(moment);
    if (this.moments.length > maxMoments) this.moments.shift();
  }
}

function ratesBetween(before: ProcessState | undefined, after: ProcessState): ProcessRates {
  const cpu = perSecond(before, after, (state) => state.cpu);
  const loop =
    after.loop === null || before === undefined
      ? null
      : durationsBetween(before.loop ?? undefined, after.loop);
  return {
    eventsIn: growth("eventsIn", before, after),
    eventsOut: growth("eventsOut", before, after),
    cpu: cpu === null ? null : cpu / 1000,
    loop: loop === null ? null : quantile(loop, 0.99),
  };
}

function growth(
  name: Exclude<keyof Traffic, "handlers">,
  before: ProcessState | undefined,
  after: ProcessState,
): number | null {
  if (after.traffic === null || before?.traffic == null) return null;
  return perSecond(before, after, ({ traffic }) => traffic?.[name] ?? 0);
}

/** How much a number grew in a second; `null` where that is not known. */
function perSecond(
  before: ProcessState | undefined,
  after: ProcessState,
  read: (state: ProcessState) => number,
): number | null {
  if (before === undefined || after.at <= before.at) return null;
  return Math.max(0, ((read(after) - read(before)) * 1000) / (after.at - before.at));
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The sum of a number over all processes. */
export function total(processes: readonly ProcessState[], read: (state: ProcessState) => number): number {
  return processes.reduce((sum, state) => sum + read(state), 0);
}

/** Counts by name, added over all processes, the largest first. */
export function totalsByName(
  processes: readonly ProcessState[],
  read: (state: ProcessState) => Readonly<Record<string, number>>,
): [name: string, count: number][] {
  const sums = new Map<string, number>();
  for (const state of processes)
    for (const [name, value] of Object.entries(read(state))) sums.set(name, (sums.get(name) ?? 0) + value);
  return [...sums].sort(([, a], [, b]) => b - a);
}

function emptyMoment(time: number): Moment {
  return {
    time,
    eventsIn: null,
    eventsOut: null,
    errors: null,
    bytesIn: null,
    bytesOut: null,
    p50: null,
    p99: null,
    websocket: 0,
    polling: 0,
    loop: null,
    queue: null,
    connects: null,
  };
}
