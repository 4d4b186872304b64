/** The tables of `top`: their columns, their order, and the rows that a reading has for them. */

import { nearest } from "../../base/options.ts";
import { printable, quoted } from "../../base/printable.ts";
import { healthOf, type ProcessRow } from "../../dashboard/page/parts/health.ts";
import {
  bytes,
  count,
  duration,
  percent,
  rate,
  seconds,
  unknown,
} from "../../dashboard/page/parts/numbers.ts";
import { usageFailure } from "../exit-code.ts";
import type { Colors } from "../terminal.ts";
import type { TopReading } from "./top-reading.ts";

/** The tables. */
export const topTables = ["servers", "namespaces", "events", "clients"] as const;

/** One of {@link topTables}. */
export type TopTableName = (typeof topTables)[number];

/** By which column a table is sorted. */
export interface TopOrder {
  readonly column: string;
  readonly descending: boolean;
}

/** How a cell is coloured. */
type Tone = "plain" | "fine" | "bad";

/** One column. */
interface TopColumn<Row> {
  /** Its name for `--sort`, and its title. */
  readonly name: string;
  readonly isNumber: boolean;
  readonly cell: (row: Row) => string;
  /** What it is sorted by. */
  readonly key: (row: Row) => string | number;
  readonly tone?: (row: Row) => Tone;
}

/** A table whose rows are of one reading, in order. */
export interface TopTable {
  readonly name: TopTableName;
  readonly columns: readonly {
    readonly title: string;
    readonly isNumber: boolean;
    readonly paint: (text: string, row: number) => string;
  }[];
  readonly rows: readonly (readonly string[])[];
  /** What stands there when there are no rows. */
  readonly empty: string;
}

/** Everything about a table but its rows. */
interface TableSpec<Row> {
  readonly columns: readonly TopColumn<Row>[];
  readonly order: TopOrder;
  readonly empty: string;
  readonly rows: (reading: TopReading) => readonly Row[];
}

const text = <Row>(name: string, read: (row: Row) => string, tone?: (row: Row) => Tone): TopColumn<Row> => ({
  name,
  isNumber: false,
  cell: (row) => printable(read(row)),
  key: read,
  ...(tone === undefined ? {} : { tone }),
});

const number = <Row>(
  name: string,
  read: (row: Row) => number | null,
  show: (value: number | null) => string,
  tone?: (row: Row) => Tone,
): TopColumn<Row> => ({
  name,
  isNumber: true,
  cell: (row) => show(read(row)),
  key: (row) => read(row) ?? -1,
  ...(tone === undefined ? {} : { tone }),
});

const servers: TableSpec<ProcessRow> = {
  order: { column: "server", descending: false },
  empty: "no server has answered",
  rows: (reading) => reading.servers,
  columns: [
    text("server", ({ state }) => state.label),
    text(
      "health",
      (row) => healthOf(row).words,
      (row) => (healthOf(row).tone === "good" ? "fine" : "bad"),
    ),
    number("clients", ({ state }) => state.clients, count),
    number("in", ({ rates }) => rates.eventsIn, rate),
    number("out", ({ rates }) => rates.eventsOut, rate),
    number("cpu", ({ rates }) => rates.cpu, percent),
    number("loop", ({ rates }) => rates.loop, seconds),
    number("memory", ({ state }) => state.memory.resident, bytes),
    number(
      "up",
      ({ state }) => state.uptime,
      (value) => (value === null ? unknown : duration(value)),
    ),
    text("runtime", ({ state }) => state.runtime),
  ],
};

const namespaces: TableSpec<TopReading["namespaces"][number]> = {
  order: { column: "clients", descending: true },
  empty: "no client has joined a namespace",
  rows: (reading) => reading.namespaces,
  columns: [
    text("namespace", ({ name }) => name),
    number("clients", ({ clients }) => clients, count),
    number("rooms", ({ rooms }) => rooms, count),
    number("away", ({ away }) => away, count),
  ],
};

const events: TableSpec<TopReading["events"][number]> = {
  order: { column: "rate", descending: true },
  empty: "no handler has run",
  rows: (reading) => reading.events,
  columns: [
    text("event", ({ state }) => state.event),
    text("namespace", ({ state }) => state.namespace),
    number("rate", (row) => row.rate, rate),
    number("p50", ({ p50 }) => p50, seconds),
    number("p99", ({ p99 }) => p99, seconds),
    number(
      "errors",
      ({ errorRate }) => errorRate,
      rate,
      ({ errorRate }) => (errorRate ? "bad" : "plain"),
    ),
    number("handled", ({ state }) => state.handled, count),
    number(
      "failed",
      ({ state }) => state.errors,
      count,
      ({ state }) => (state.errors > 0 ? "bad" : "plain"),
    ),
  ],
};

const clients: TableSpec<TopReading["slow"][number]> = {
  order: { column: "waiting", descending: true },
  empty: "every client keeps up",
  rows: (reading) => reading.slow,
  columns: [
    text("client", ({ sid }) => sid),
    text("namespace", ({ namespace }) => namespace),
    number(
      "waiting",
      ({ buffered }) => buffered,
      bytes,
      () => "bad",
    ),
    text("address", ({ address }) => address),
    text("transport", ({ transport }) => transport),
    number("rooms", ({ rooms }) => rooms, count),
    number(
      "since",
      ({ since }) => since,
      (value) => (value === null ? unknown : ageOf(value)),
    ),
    text("server", (row) => row.process),
  ],
};

const specs = { servers, namespaces, events, clients };

/** The titles of the tables. */
export const topTitles: Readonly<Record<TopTableName, string>> = {
  servers: "servers",
  namespaces: "namespaces",
  events: "events",
  clients: "slow clients",
};

/** The order in which a table is at first. */
export function usualOrder(name: TopTableName): TopOrder {
  return specs[name].order;
}

/** The names of the columns by which a table can be sorted. */
export function columnsOf(name: TopTableName): readonly string[] {
  return specs[name].columns.map((column) => column.name);
}

/**
 * The order that `--sort` names: a column, with a dash in front for the smallest first.
 *
 * @throws CommandFailure where the table has no such column
 */
export function readOrder(name: TopTableName, given: string): TopOrder {
  const isReversed = given.startsWith("-");
  const column = isReversed ? given.slice(1) : given;
  const found = specs[name].columns.find((each) => each.name === column);
  if (found !== undefined) return { column, descending: found.isNumber !== isReversed };
  const names = columnsOf(name);
  const meant = nearest(column, names);
  throw usageFailure(
    `--sort: the table ${name} has no column ${quoted(column)}. ${meant === undefined ? `Columns: ${names.join(", ")}.` : `Did you mean ${meant}?`}`,
  );
}

/** The order after the next column to the right or to the left was chosen. */
export function neighbourOrder(name: TopTableName, order: TopOrder, step: 1 | -1): TopOrder {
  const { columns } = specs[name];
  const at = columns.findIndex((each) => each.name === order.column);
  const next = columns[(at + step + columns.length) % columns.length];
  return next === undefined ? order : { column: next.name, descending: next.isNumber };
}

/** A table of a reading. */
export function topTable(
  name: TopTableName,
  reading: TopReading,
  { order, colors }: { order: TopOrder; colors: Colors },
): TopTable {
  switch (name) {
    case "servers":
      return build(name, servers, { reading, order, colors });
    case "namespaces":
      return build(name, namespaces, { reading, order, colors });
    case "events":
      return build(name, events, { reading, order, colors });
    case "clients":
      return build(name, clients, { reading, order, colors });
    default:
      return name satisfies never;
  }
}

function build<Row>(
  name: TopTableName,
  spec: TableSpec<Row>,
  { reading, order, colors }: { reading: TopReading; order: TopOrder; colors: Colors },
): TopTable {
  const by = spec.columns.find((column) => column.name === order.column);
  const sign = order.descending ? -1 : 1;
  const rows = [...spec.rows(reading)];
  if (by !== undefined) rows.sort((a, b) => sign * compare(by.key(a), by.key(b)));
  return {
    name,
    empty: spec.empty,
    rows: rows.map((row) => spec.columns.map((column) => column.cell(row))),
    columns: spec.columns.map((column) => ({
      title: column.name === order.column ? `${column.name}${order.descending ? "↓" : "↑"}` : column.name,
      isNumber: column.isNumber,
      paint: (cell, index) => {
        const row = rows[index];
        const tone = row === undefined ? "plain" : (column.tone?.(row) ?? "plain");
        if (tone === "plain") return cell;
        return tone === "bad" ? colors.red(cell) : colors.green(cell);
      },
    })),
  };
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** How long ago a moment is, in words. */
function ageOf(since: number): string {
  return duration(Math.max(0, (Date.now() - since) / 1000));
}
