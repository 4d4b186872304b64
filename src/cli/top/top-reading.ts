/** What `top` knows of one moment: the dashboard's answers, with rates since the reading before. */

import type { ClientRow, EventsAnswer, NamespaceState, OverviewAnswer } from "../../dashboard/api.ts";
import { EventHistory, type EventRow } from "../../dashboard/page/parts/event-history.ts";
import { healthOf, type ProcessRow } from "../../dashboard/page/parts/health.ts";
import { History, type Moment, total } from "../../dashboard/page/parts/history.ts";
import { namespacesOf } from "../../dashboard/page/parts/namespace-sums.ts";

/** One moment. */
export interface TopReading {
  readonly time: Date;
  readonly clients: number;
  /** Rates of all processes together; `null` before there are two readings. */
  readonly sums: Moment | null;
  readonly servers: readonly ProcessRow[];
  readonly namespaces: readonly NamespaceState[];
  readonly events: readonly EventRow[];
  /** Clients with bytes that wait to be written. */
  readonly slow: readonly ClientRow[];
  /** Processes that did not answer. */
  readonly missing: readonly string[];
}

/** Asks for data. */
export interface TopSource {
  ask<Answer>(action: string): Promise<Answer>;
}

/** Takes readings, one after the other. */
export class TopReader {
  readonly #source: TopSource;
  readonly #history = new History();
  readonly #events = new EventHistory();

  constructor(source: TopSource) {
    this.#source = source;
  }

  /** Takes a reading. */
  async read(): Promise<TopReading> {
    const [overview, events] = await Promise.all([
      this.#source.ask<OverviewAnswer>("overview"),
      this.#source.ask<EventsAnswer>("events"),
    ]);
    const time = new Date();
    const { processes } = overview;
    this.#history.add(overview, time.getTime() / 1000);
    return {
      time,
      clients: total(processes, (state) => state.clients),
      sums: this.#history.moments.at(-1) ?? null,
      servers: processes.map((state) => ({ state, rates: this.#history.ratesOf(state.id) })),
      namespaces: namespacesOf(processes),
      events: this.#events.add(events.events, performance.now()),
      slow: processes.flatMap(({ slow }) => slow),
      missing: [...new Set([...overview.missing, ...events.missing])],
    };
  }
}

/** A reading for programs: rates in a second, times in ms, processor time as a part of one core. */
export function jsonReading({ time, clients, sums, ...lists }: TopReading): Record<string, unknown> {
  return {
    type: "reading",
    time: time.toISOString(),
    clients,
    websocket: sums?.websocket ?? null,
    polling: sums?.polling ?? null,
    eventsIn: rounded(sums?.eventsIn),
    eventsOut: rounded(sums?.eventsOut),
    errors: rounded(sums?.errors),
    bytesIn: rounded(sums?.bytesIn),
    bytesOut: rounded(sums?.bytesOut),
    connects: rounded(sums?.connects),
    p50: milliseconds(sums?.p50),
    p99: milliseconds(sums?.p99),
    servers: lists.servers.map((row) => ({
      name: row.state.label,
      health: healthOf(row).words,
      clients: row.state.clients,
      eventsIn: rounded(row.rates.eventsIn),
      eventsOut: rounded(row.rates.eventsOut),
      cpu: rounded(row.rates.cpu),
      loop: milliseconds(row.rates.loop),
      memory: row.state.memory.resident,
      uptime: Math.round(row.state.uptime),
      runtime: row.state.runtime,
      queue: row.state.queue?.state ?? null,
    })),
    namespaces: lists.namespaces,
    events: lists.events.map(({ state, rate, errorRate, p50, p99 }) => ({
      event: state.event,
      namespace: state.namespace,
      rate: rounded(rate),
      p50: milliseconds(p50),
      p99: milliseconds(p99),
      errors: rounded(errorRate),
      handled: state.handled,
      failed: state.errors,
    })),
    slow: lists.slow,
    missing: lists.missing,
  };
}

function rounded(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toFixed(3));
}

function milliseconds(seconds: number | null | undefined): number | null {
  return rounded(seconds == null ? null : seconds * 1000);
}
