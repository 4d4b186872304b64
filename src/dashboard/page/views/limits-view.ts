/** What ended or was refused, by reason; what limits held back; and clients that do not keep up. */

import type { ClientRow, OverviewAnswer } from "../../api.ts";
import { h } from "../parts/dom.ts";
import { totalsByName } from "../parts/history.ts";
import { count, inWords } from "../parts/numbers.ts";
import { Table } from "../parts/table.ts";
import type { View } from "../parts/view.ts";
import { clientColumns } from "./clients-view.ts";

/** A reason with the number of times. */
type Reason = readonly [name: string, count: number];

/** Counters that are no limits. */
const others = new Set(["opened"]);

/** See the head of this file. */
export class LimitsView implements View {
  readonly title = "Limits";
  readonly root: HTMLElement;
  readonly #slow = new Table<ClientRow>({
    caption: "Slow clients",
    columns: clientColumns.map(({ title, cell, ...column }) => ({
      title,
      cell,
      number: "number" in column && column.number,
      wide: "wide" in column && column.wide,
    })),
    sorting: { order: "", descending: true },
    empty: "Every client keeps up.",
  });
  readonly #closed = reasonTable("Connections that ended", "Reason", "No connection has ended.");
  readonly #refused = reasonTable("Requests that were refused", "Refusal", "No request was refused.");
  readonly #returns = reasonTable("Clients that came back", "How it ended", "No client asked to return.");
  readonly #limits = reasonTable("Held back by limits", "Counter", "No limit was reached.");

  constructor() {
    this.root = h(
      "div",
      {},
      h("h1", {}, "Limits and losses"),
      h("h2", {}, "Slow clients"),
      h("p.muted", {}, "The clients for which the most bytes wait to be written, from 16 kB on."),
      this.#slow.root,
      h(
        "div.columns",
        {},
        h("section", {}, h("h2", {}, "Connections that ended"), this.#closed.root),
        h("section", {}, h("h2", {}, "Requests that were refused"), this.#refused.root),
        h("section", {}, h("h2", {}, "Held back or lost"), this.#limits.root),
        h("section", {}, h("h2", {}, "Recovery"), this.#returns.root),
      ),
    );
  }

  start(): void {}

  stop(): void {}

  onOverview({ processes }: OverviewAnswer): void {
    const slow = processes.flatMap((state) => state.slow).sort((a, b) => b.buffered - a.buffered);
    this.#slow.show(slow.slice(0, 20));
    this.#closed.show(totalsByName(processes, ({ closed }) => closed));
    this.#refused.show(totalsByName(processes, ({ refused }) => refused));
    this.#returns.show(totalsByName(processes, ({ returns }) => returns));
    const counts = totalsByName(processes, (state) => state.counts);
    this.#limits.show(counts.filter(([name, value]) => value > 0 && !others.has(name)));
  }
}

function reasonTable(caption: string, title: string, empty: string): Table<Reason> {
  return new Table<Reason>({
    caption,
    sorting: { order: "count", descending: true },
    empty,
    columns: [
      { title, order: "name", key: ([name]) => name, cell: ([name]) => inWords(name) },
      {
        title: "Times",
        number: true,
        order: "count",
        key: ([, value]) => value,
        cell: ([, value]) => count(value),
      },
    ],
  });
}
