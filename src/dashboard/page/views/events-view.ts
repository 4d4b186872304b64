/** Every kind of event: how often it comes, how long its handler takes, and how often that fails. */

import type { EventsAnswer } from "../../api.ts";
import { h } from "../parts/dom.ts";
import { EventHistory, type EventRow } from "../parts/event-history.ts";
import { count, rate, seconds } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { ask } from "../parts/server.ts";
import { Table } from "../parts/table.ts";
import type { PageOwner, View } from "../parts/view.ts";
import { showMissing } from "./overview-view.ts";

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
  readonly #history = new EventHistory();

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
    this.#table.show(this.#history.add(events, performance.now()));
    showMissing(this.#missing, missing);
  }
}
