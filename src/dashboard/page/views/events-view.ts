/** Every kind of event: how often it comes, how long its handler takes, and how often that fails. */

import type { EventState, EventsAnswer } from "../../api.ts";
import { h } from "../parts/dom.ts";
import { count, rate, seconds } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { durationsBetween, quantile } from "../parts/quantile.ts";
import { ask } from "../parts/server.ts";
import { Table } from "../parts/table.ts";
import type { PageOwner, View } from "../parts/view.ts";
import { showMissing } from "./overview-view.ts";

/** One kind of event with its rates. */
interface EventRow {
  readonly state: EventState;
  /** Of a second. */
  readonly rate: number | null;
  readonly errorRate: number | null;
  /** In seconds: of what came since the view was opened, or of all. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** How often the numbers are asked for again, in ms. */
const interval = 2000;

/** See the head of this file. */
export class EventsView implements View {
  readonly title = "Events";
  readonly root: HTMLElement;
  readonly #poller: Poller;
  readonly #missing = h("p.problem", { hidden: true });
  readonly #table = new Table<EventRow>({
    caption: "Events",
    sorting: { order: "rate", descending: true },
    empty: "No handler has run yet.",
    columns: [
      {
        title: "Event",
        order: "event",
        key: ({ state }) => state.event,
        cell: ({ state }) => h("strong", {}, state.event),
      },
      {
        title: "Namespace",
        order: "namespace",
        key: ({ state }) => state.namespace,
        cell: ({ state }) => state.namespace,
      },
      {
        title: "Rate",
        number: true,
        order: "rate",
        key: (row) => row.rate ?? 0,
        cell: (row) => rate(row.rate),
      },
      {
        title: "p50",
        number: true,
        order: "p50",
        key: ({ p50 }) => p50 ?? 0,
        cell: ({ p50 }) => seconds(p50),
      },
      {
        title: "p99",
        number: true,
        order: "p99",
        key: ({ p99 }) => p99 ?? 0,
        cell: ({ p99 }) => seconds(p99),
      },
      {
        title: "Errors",
        number: true,
        order: "errors",
        key: ({ errorRate }) => errorRate ?? 0,
        cell: ({ errorRate }) => rate(errorRate),
      },
      {
        title: "Handled in all",
        number: true,
        order: "handled",
        key: ({ state }) => state.handled,
        cell: ({ state }) => count(state.handled),
      },
      {
        title: "Failed in all",
        number: true,
        order: "failed",
        key: ({ state }) => state.errors,
        cell: ({ state }) => (state.errors === 0 ? "0" : h("span.state.bad", {}, count(state.errors))),
      },
    ],
  });
  #before: { readonly at: number; readonly states: ReadonlyMap<string, EventState> } | null = null;

  /** @param owner - the page */
  constructor(owner: PageOwner) {
    this.#poller = new Poller((signal) => this.#load(signal), interval, owner);
    this.root = h("div", {}, h("h1", {}, "Events"), this.#missing, this.#table.root);
  }

  start(): void {
    this.#poller.start();
  }

  stop(): void {
    this.#poller.stop();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { events, missing } = await ask<EventsAnswer>("events", {}, signal);
    const at = performance.now();
    this.#table.show(events.map((state) => this.#rowOf(state, at)));
    showMissing(this.#missing, missing);
    this.#before = { at, states: new Map(events.map((state) => [keyOf(state), state])) };
  }

  #rowOf(state: EventState, at: number): EventRow {
    const before = this.#before?.states.get(keyOf(state));
    const span = this.#before === null ? 0 : (at - this.#before.at) / 1000;
    const lately = durationsBetween(before?.handlers, state.handlers);
    // Where nothing came lately, what came before is worth more than nothing.
    const times = lately.count > 0 ? lately : state.handlers;
    const growth = (now: number, earlier: number | undefined) =>
      span === 0 || earlier === undefined ? null : Math.max(0, now - earlier) / span;
    return {
      state,
      rate: growth(state.handled, before?.handled),
      errorRate: growth(state.errors, before?.errors),
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    };
  }
}

function keyOf({ namespace, event }: EventState): string {
  return `${namespace},${event}`;
}
