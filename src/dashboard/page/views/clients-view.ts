/** The clients of all processes, a page at a time. The server searches and sorts. */

import type { ClientRow, ClientsAnswer, ListPlace } from "../../api.ts";
import { h } from "../parts/dom.ts";
import { bytes, count, duration } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { ask } from "../parts/server.ts";
import { Table } from "../parts/table.ts";
import { type PageOwner, type View, viewAddress } from "../parts/view.ts";
import { filterNote, Pager, searchField } from "./list-controls.ts";
import { showMissing } from "./overview-view.ts";

/** Rows on a page. */
const limit = 50;
/** How often the list is asked for again, in ms. */
const interval = 4000;

/** The columns that describe a client, wherever clients are listed. */
export const clientColumns = [
  {
    title: "Client",
    cell: ({ sid, namespace }: ClientRow) =>
      h("a.id", { href: viewAddress("client", { namespace, sid }), "data-key": `${sid} ${namespace}` }, sid),
  },
  { title: "Namespace", order: "namespace", cell: ({ namespace }: ClientRow) => namespace },
  { title: "Address", order: "address", cell: ({ address }: ClientRow) => address },
  { title: "Transport", order: "transport", cell: ({ transport }: ClientRow) => transport },
  {
    title: "Connected",
    order: "since",
    number: true,
    cell: ({ since }: ClientRow) => `${duration(Math.max(0, (Date.now() - since) / 1000))} ago`,
  },
  { title: "Rooms", order: "rooms", number: true, cell: ({ rooms }: ClientRow) => count(rooms) },
  { title: "Waiting", order: "buffered", number: true, cell: ({ buffered }: ClientRow) => bytes(buffered) },
  { title: "Process", wide: true, cell: ({ process }: ClientRow) => process },
] as const;

/** See the head of this file. */
export class ClientsView implements View {
  readonly title = "Clients";
  readonly root: HTMLElement;
  readonly #query: URLSearchParams;
  readonly #poller: Poller;
  readonly #missing = h("p.problem", { hidden: true });
  readonly #note = h("p.filters", { hidden: true });
  readonly #table: Table<ClientRow>;
  readonly #pager: Pager;
  readonly #owner: PageOwner;
  #search = "";
  /** Whether the person has asked for other rows, and waits for them. */
  #isAsked = false;
  /** Where the pages before this one, and this one, begin. */
  #places: (ListPlace | null)[] = [null];
  #next: ListPlace | null = null;

  /**
   * @param owner - the page
   * @param query - what the list is limited to: `namespace`, `room`
   */
  constructor(owner: PageOwner, query: URLSearchParams) {
    this.#query = query;
    this.#owner = owner;
    this.#poller = new Poller((signal) => this.#load(signal), interval, owner);
    this.#table = new Table<ClientRow>({
      caption: "Clients",
      columns: clientColumns,
      sorting: { order: "since", descending: true },
      empty: "No client fits.",
      onSort: () => this.#fromStart(),
    });
    this.#pager = new Pager(
      () => {
        this.#goTo(this.#places.length > 1 ? this.#places.slice(0, -1) : this.#places);
      },
      () => {
        if (this.#next !== null) this.#goTo([...this.#places, this.#next]);
      },
    );
    const search = searchField("Search id, address or public data", (text) => {
      this.#search = text;
      this.#fromStart();
    });
    const filters = ["namespace", "room"].flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name === "room" ? "Room" : "Namespace", value] as const];
    });
    filterNote(this.#note, filters, viewAddress("clients"));
    this.root = h(
      "div",
      {},
      h("div.head", {}, h("h1", {}, "Clients"), search),
      this.#note,
      this.#missing,
      this.#table.root,
      this.#pager.root,
    );
  }

  start(): void {
    this.#poller.start();
  }

  stop(): void {
    this.#poller.stop();
  }

  #fromStart(): void {
    this.#goTo([null]);
  }

  #goTo(places: (ListPlace | null)[]): void {
    this.#places = places;
    this.#isAsked = true;
    this.#poller.again();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { order, descending } = this.#table.sorting;
    const after = this.#places.at(-1) ?? null;
    const answer = await ask<ClientsAnswer>(
      "clients",
      {
        search: this.#search,
        namespace: this.#query.get("namespace"),
        room: this.#query.get("room"),
        order,
        descending,
        after: after === null ? null : JSON.stringify(after),
        limit,
      },
      signal,
    );
    this.#next = answer.next;
    this.#table.show(answer.rows);
    showMissing(this.#missing, answer.missing);
    const first = (this.#places.length - 1) * limit;
    const text =
      answer.rows.length === 0
        ? `${count(answer.total)} clients`
        : `${count(first + 1)}–${count(first + answer.rows.length)} of ${count(answer.total)}`;
    // A list that is only drawn again says nothing.
    if (this.#isAsked) this.#owner.announce(text);
    this.#isAsked = false;
    this.#pager.show(text, this.#places.length > 1, answer.next !== null);
  }
}
