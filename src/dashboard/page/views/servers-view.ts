/** The processes with their health, the namespaces, recovery, and the connection to the message queue. */

import type { NamespaceState, OverviewAnswer, ProcessState } from "../../api.ts";
import { h, setAttributes } from "../parts/dom.ts";
import type { History } from "../parts/history.ts";
import { namespacesOf } from "../parts/namespace-sums.ts";
import { count, seconds, unknown } from "../parts/numbers.ts";
import { Table } from "../parts/table.ts";
import { type View, viewAddress } from "../parts/view.ts";
import { showMissing } from "./overview-view.ts";
import { processTable } from "./process-table.ts";

/** See the head of this file. */
export class ServersView implements View {
  readonly title = "Servers";
  readonly root: HTMLElement;
  readonly #missing = h("p.problem", { hidden: true });
  readonly #processes = processTable();
  readonly #namespaces = new Table<NamespaceState>({
    caption: "Namespaces",
    sorting: { order: "clients", descending: true },
    empty: "No client has joined a namespace.",
    columns: [
      {
        title: "Namespace",
        order: "name",
        key: ({ name }) => name,
        cell: ({ name }) =>
          h("a", { href: viewAddress("clients", { namespace: name }), "data-key": name }, name),
      },
      {
        title: "Clients",
        number: true,
        order: "clients",
        key: ({ clients }) => clients,
        cell: ({ clients }) => count(clients),
      },
      {
        title: "Rooms",
        number: true,
        order: "rooms",
        key: ({ rooms }) => rooms,
        cell: ({ rooms }) => count(rooms),
      },
      {
        title: "Away, may return",
        number: true,
        order: "away",
        key: ({ away }) => away ?? -1,
        cell: ({ away }) => (away === null ? h("span.muted", {}, "no recovery") : count(away)),
      },
    ],
  });
  readonly #queues = new Table<ProcessState>({
    caption: "Message queue",
    sorting: { order: "label", descending: false },
    empty: "There is no message queue: one process serves alone.",
    columns: [
      { title: "Process", order: "label", key: ({ label }) => label, cell: ({ label }) => label },
      { title: "Broker", cell: ({ queue }) => queue?.broker ?? unknown },
      {
        title: "State",
        cell: ({ queue }) =>
          h(`span.state.${queue?.state === "up" ? "good" : "bad"}`, {}, queue?.state ?? unknown),
      },
      {
        title: "Round trip",
        number: true,
        cell: ({ queue }) => seconds(queue?.latency == null ? null : queue.latency / 1000),
      },
      { title: "Waiting", number: true, cell: ({ queue }) => count(queue?.waiting ?? null) },
      { title: "Dropped", number: true, cell: ({ queue }) => count(queue?.dropped ?? null) },
      { title: "Latest error", wide: true, cell: ({ queue }) => queue?.error ?? unknown },
    ],
  });

  constructor() {
    this.root = h(
      "div",
      {},
      h("h1", {}, "Servers"),
      this.#missing,
      this.#processes.root,
      h("h2", {}, "Namespaces"),
      this.#namespaces.root,
      h("h2", {}, "Message queue"),
      this.#queues.root,
    );
  }

  start(): void {}

  stop(): void {}

  onOverview({ processes, missing }: OverviewAnswer, history: History): void {
    showMissing(this.#missing, missing);
    this.#processes.show(processes.map((state) => ({ state, rates: history.ratesOf(state.id) })));
    this.#namespaces.show(namespacesOf(processes));
    const queued = processes.filter(({ queue }) => queue !== null);
    this.#queues.show(queued);
    setAttributes(this.#queues.root, { "data-rows": queued.length });
  }
}
