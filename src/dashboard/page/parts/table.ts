/** A table whose columns can sort it. */

import { type Content, fill, h, setAttributes } from "./dom.ts";

/** One column. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Content;
  /** Whether it holds numbers. */
  readonly number?: boolean;
  /** Makes the column sortable: the name of the order, for tables that the server sorts. */
  readonly order?: string;
  /** What the rows are sorted by, for tables that are sorted here. */
  readonly key?: (row: Row) => string | number;
  /** Whether it is left out where there is little room. */
  readonly wide?: boolean;
}

/** How a table is sorted. */
export interface Sorting {
  readonly order: string;
  readonly descending: boolean;
}

/** What a table shows. */
export interface TableSettings<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly sorting: Sorting;
  /** In place of rows where there are none. */
  readonly empty: string;
  /** The server sorts: told of a new order. Without it, the rows are sorted here. */
  readonly onSort?: (sorting: Sorting) => void;
}

/** See the head of this file. */
export class Table<Row> {
  readonly root: HTMLElement;
  readonly #settings: TableSettings<Row>;
  readonly #body = h("tbody");
  readonly #heads: HTMLElement[];
  readonly #empty: HTMLElement;
  #sorting: Sorting;
  #rows: readonly Row[] = [];

  constructor(settings: TableSettings<Row>) {
    this.#settings = settings;
    this.#sorting = settings.sorting;
    this.#heads = settings.columns.map((column) => this.#head(column));
    this.#empty = h("p.empty", { hidden: true }, settings.empty);
    this.root = h(
      "div.table",
      { role: "region", "aria-label": settings.caption, tabindex: 0 },
      h(
        "table",
        {},
        h("caption.only-read", {}, settings.caption),
        h("thead", {}, h("tr", {}, ...this.#heads)),
        this.#body,
      ),
      this.#empty,
    );
    this.#markSorting();
  }

  get sorting(): Sorting {
    return this.#sorting;
  }

  /** Shows rows. */
  show(rows: readonly Row[]): void {
    this.#rows = rows;
    const { columns } = this.#settings;
    const focused =
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset.key : undefined;
    fill(
      this.#body,
      ...this.#sorted().map((row) =>
        h("tr", {}, ...columns.map((column) => h("td", { class: classOf(column) }, column.cell(row)))),
      ),
    );
    setAttributes(this.#empty, { hidden: rows.length > 0 });
    // A row that is drawn again keeps the focus.
    if (focused !== undefined)
      this.#body
        .querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)
        ?.focus({ preventScroll: true });
  }

  #sorted(): readonly Row[] {
    if (this.#settings.onSort !== undefined) return this.#rows;
    const key = this.#settings.columns.find(({ order }) => order === this.#sorting.order)?.key;
    if (key === undefined) return this.#rows;
    const sign = this.#sorting.descending ? -1 : 1;
    return [...this.#rows].sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      return left === right ? 0 : left < right ? -sign : sign;
    });
  }

  #head(column: Column<Row>): HTMLElement {
    const { title, order, number = false } = column;
    const attributes = { scope: "col", class: classOf(column) };
    if (order === undefined) return h("th", attributes, title);
    const sort = () => {
      const { order: known, descending } = this.#sorting;
      this.#sorting = { order, descending: known === order ? !descending : number };
      this.#markSorting();
      if (this.#settings.onSort === undefined) this.show(this.#rows);
      else this.#settings.onSort(this.#sorting);
    };
    const arrow = h("span.arrow", { "aria-hidden": "true" });
    // Behind the text, it would move numbers away from their title.
    const content = number ? [arrow, title] : [title, arrow];
    return h("th", attributes, h("button", { type: "button", onclick: sort }, ...content));
  }

  #markSorting(): void {
    const { order, descending } = this.#sorting;
    for (const [index, column] of this.#settings.columns.entries()) {
      const sort = column.order !== undefined && column.order === order;
      const head = this.#heads[index];
      if (head !== undefined)
        setAttributes(head, { "aria-sort": sort ? (descending ? "descending" : "ascending") : null });
    }
  }
}

function classOf<Row>({ number = false, wide = false }: Column<Row>): string | null {
  return [number ? "number" : "", wide ? "wide" : ""].filter(Boolean).join(" ") || null;
}
