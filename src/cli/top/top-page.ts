/** A reading as lines of text, for a screen of any size, or for a pipe. */

import { printable } from "../../base/printable.ts";
import { byteRate, count, rate, seconds, timeOfDay } from "../../dashboard/page/parts/numbers.ts";
import { cutText, layOutGrid } from "../output/text-grid.ts";
import type { Colors } from "../terminal.ts";
import type { TopReading } from "./top-reading.ts";
import {
  type TopOrder,
  type TopTable,
  type TopTableName,
  topTable,
  topTables,
  topTitles,
} from "./top-table.ts";

/** What a person has chosen to see. */
export interface TopChoice {
  /** One table, or all of them. */
  readonly view: TopTableName | "all";
  readonly orders: Readonly<Record<TopTableName, TopOrder>>;
  /** How many rows of the one table lie above the screen. */
  readonly offset: number;
  readonly isPaused: boolean;
}

/** What stands around the tables. */
export interface TopSurroundings {
  readonly url: string;
  readonly user: string | null;
  readonly colors: Colors;
  /** Why there is no newer reading; `null` where there is one. */
  readonly fault: string | null;
}

/** The size of a screen, in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What the keys do, for the last line. */
const keys =
  "q quit  0 all  1 servers  2 namespaces  3 events  4 slow clients  ←→ sort  r reverse  ↑↓ scroll  space pause";

/** The lines of a full screen: never more, and none wider. */
export function topScreen(
  reading: TopReading | null,
  choice: TopChoice,
  { surroundings, size }: { surroundings: TopSurroundings; size: ScreenSize },
): string[] {
  const { colors } = surroundings;
  const head = headLines(reading, choice, surroundings).map(({ line, paint }) =>
    paint(cutText(line, size.columns)),
  );
  const space = size.rows - head.length - 1;
  const body = reading === null ? [] : bodyLines(reading, choice, { colors, columns: size.columns, space });
  const lines = [...head, ...body].slice(0, Math.max(1, size.rows - 1));
  while (lines.length < size.rows - 1) lines.push("");
  return [...lines, colors.dim(cutText(keys, size.columns))].slice(0, size.rows);
}

/** The lines for a pipe: all tables, each with a few rows. */
export function topText(
  reading: TopReading,
  choice: TopChoice,
  { surroundings, size }: { surroundings: TopSurroundings; size: ScreenSize },
): string[] {
  const { colors } = surroundings;
  const names = choice.view === "all" ? topTables : [choice.view];
  const head = headLines(reading, choice, surroundings);
  return [
    ...head.map(({ line, paint }) => paint(line)),
    ...names.flatMap((name) => {
      const table = topTable(name, reading, { order: choice.orders[name], colors });
      return tableLines(table, { colors, columns: size.columns, offset: 0, most: size.rows });
    }),
  ];
}

function headLines(
  reading: TopReading | null,
  { isPaused }: TopChoice,
  { url, user, colors, fault }: TopSurroundings,
): { line: string; paint: (text: string) => string }[] {
  const name = user === null ? "" : `  as ${user}`;
  const time = reading === null ? "" : `  ${timeOfDay(reading.time.getTime())}`;
  const lines = [{ line: `${url}${name}${time}${isPaused ? "  paused" : ""}`, paint: colors.bold }];
  if (reading !== null) lines.push({ line: sumLine(reading), paint: String });
  if (reading !== null && reading.missing.length > 0)
    lines.push({ line: `no answer from ${printable(reading.missing.join(", "))}`, paint: colors.red });
  if (fault !== null) lines.push({ line: fault, paint: colors.red });
  return lines;
}

function sumLine({ servers, clients, sums }: TopReading): string {
  const parts = [
    `${count(servers.length)} ${servers.length === 1 ? "server" : "servers"}`,
    `${count(clients)} ${clients === 1 ? "client" : "clients"}`,
  ];
  if (sums !== null)
    parts.push(
      `in ${rate(sums.eventsIn)} ${byteRate(sums.bytesIn)}`,
      `out ${rate(sums.eventsOut)} ${byteRate(sums.bytesOut)}`,
      `p50 ${seconds(sums.p50)}`,
      `p99 ${seconds(sums.p99)}`,
      `errors ${rate(sums.errors)}`,
      `new ${rate(sums.connects)}`,
    );
  return parts.join("  ");
}

function bodyLines(
  reading: TopReading,
  { view, orders, offset }: TopChoice,
  { colors, columns, space }: { colors: Colors; columns: number; space: number },
): string[] {
  const tableOf = (name: TopTableName) => topTable(name, reading, { order: orders[name], colors });
  // A blank line, the title with its columns.
  const overhead = 2;
  if (view !== "all") return tableLines(tableOf(view), { colors, columns, offset, most: space - overhead });
  const tables = topTables.map(tableOf);
  const shares = shareRows(
    tables.map(({ rows }) => Math.max(1, rows.length)),
    space - tables.length * overhead,
  );
  return tables.flatMap((table, index) =>
    tableLines(table, { colors, columns, offset: 0, most: shares[index] ?? 0 }),
  );
}

/** Divides rows among tables: a small table gets what it needs, and large ones the rest in equal parts. */
export function shareRows(wanted: readonly number[], space: number): number[] {
  const shares = wanted.map(() => 0);
  let left = space;
  let hungry = wanted.length;
  while (left > 0 && hungry > 0) {
    hungry = 0;
    for (const [index, most] of wanted.entries()) {
      const share = shares[index] ?? 0;
      if (share >= most || left === 0) continue;
      shares[index] = share + 1;
      left -= 1;
      hungry += 1;
    }
  }
  return shares;
}

function tableLines(
  table: TopTable,
  { colors, columns, offset, most }: { colors: Colors; columns: number; offset: number; most: number },
): string[] {
  if (table.rows.length === 0)
    return ["", colors.dim(cutText(`${topTitles[table.name]}: ${table.empty}`, columns))];
  const { titles, lines } = layOutGrid(table.columns, table.rows, columns);
  const start = Math.min(offset, Math.max(0, lines.length - Math.max(1, most)));
  const shown = lines.slice(start, start + Math.max(0, most));
  const left = lines.length - start - shown.length;
  if (left === 0) return ["", colors.bold(titles), ...shown];
  // The last row says how many more there are, where there is room for both.
  const isLong = shown.length > 1;
  const more = colors.dim(cutText(`… ${count(left + (isLong ? 1 : 0))} more`, columns));
  return ["", colors.bold(titles), ...(isLong ? [...shown.slice(0, -1), more] : shown)];
}
