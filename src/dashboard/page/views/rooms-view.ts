/** The rooms of all processes, the largest first. The server searches and sorts. */

import type { RoomRow, RoomsAnswer } from "../../api.ts";
import { h } from "../parts/dom.ts";
import { count } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { ask } from "../parts/server.ts";
import { Table } from "../parts/table.ts";
import { type PageOwner, type View, viewAddress } from "../parts/view.ts";
import { Pager, searchField } from "./list-controls.ts";
import { showMissing } from "./overview-view.ts";

/** Rows on a page. */
const limit = 50;
/** How often the list is asked for again, in ms. */
const interval = 4000;

/** See the head of this file. */
export class RoomsView implements View {
  readonly title = "Rooms";
  readonly root: HTMLElement;
  readonly #poller: Poller;
  readonly #missing = h("p.problem", { hidden: true });
  readonly #table: Table<RoomRow>;
  readonly #pager: Pager;
  readonly #owner: PageOwner;
  #search = "";
  /** Whether the person has asked for other rows, and waits for them. */
  #isAsked = false;
  #offset = 0;

  /** @param owner - the page */
  constructor(owner: PageOwner) {
    this.#owner = owner;
    this.#poller = new Poller((signal) => this.#load(signal), interval, owner);
    this.#table = new Table<RoomRow>({
      caption: "Rooms",
      sorting: { order: "members", descending: true },
      empty: "No room fits.",
      onSort: () => this.#goTo(0),
      columns: [
        {
          title: "Room",
          order: "room",
          cell: ({ namespace, room }) =>
            h(
              "a",
              { href: viewAddress("clients", { namespace, room }), "data-key": `${namespace} ${room}` },
              room,
            ),
        },
        { title: "Namespace", cell: ({ namespace }) => namespace },
        { title: "Members", number: true, order: "members", cell: ({ members }) => count(members) },
      ],
    });
    this.#pager = new Pager(
      () => this.#goTo(Math.max(0, this.#offset - limit)),
      () => this.#goTo(this.#offset + limit),
    );
    const search = searchField("Search names of rooms", (text) => {
      this.#search = text;
      this.#goTo(0);
    });
    this.root = h(
      "div",
      {},
      h("div.head", {}, h("h1", {}, "Rooms"), search),
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

  #goTo(offset: number): void {
    this.#offset = offset;
    this.#isAsked = true;
    this.#poller.again();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { order, descending } = this.#table.sorting;
    const query = { search: this.#search, order, descending, offset: this.#offset, limit };
    const { rows, total, isBound, missing } = await ask<RoomsAnswer>("rooms", query, signal);
    this.#table.show(rows);
    showMissing(this.#missing, missing);
    const of = isBound ? `at most ${count(total)}` : count(total);
    const text =
      rows.length === 0
        ? "No rooms"
        : `${count(this.#offset + 1)}–${count(this.#offset + rows.length)} of ${of}`;
    // A list that is only drawn again says nothing.
    if (this.#isAsked) this.#owner.announce(text);
    this.#isAsked = false;
    this.#pager.show(text, this.#offset > 0, rows.length === limit && this.#offset + limit < total);
  }
}
