/** The first rows of a list in an order, found without sorting all of it. */

/** Compares two rows: negative where the first one comes first. */
export type RowOrder<Row> = (a: Row, b: Row) => number;

/** Keeps the first rows of all that it is given. */
export class TopRows<Row> {
  /** The rows, in their order. */
  readonly rows: Row[] = [];
  readonly #limit: number;
  readonly #order: RowOrder<Row>;

  /**
   * @param limit - how many to keep
   * @param order - compares rows
   */
  constructor(limit: number, order: RowOrder<Row>) {
    this.#limit = limit;
    this.#order = order;
  }

  /** Keeps a row if it is among the first so far. */
  offer(row: Row): void {
    const { rows } = this;
    const last = rows.at(-1);
    if (rows.length >= this.#limit && (last === undefined || this.#order(row, last) >= 0)) return;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order(rows[middle] as Row, row) <= 0) low = middle + 1;
      else high = middle;
    }
    rows.splice(low, 0, row);
    if (rows.length > this.#limit) rows.pop();
  }
}
