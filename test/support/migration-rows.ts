/**
 * The rows of the pages about moving to Roomcast, as the program `roomcast migrate` has them. The pages are
 * the source; `npm run migration-rows` writes the file.
 */

import { readFileSync } from "node:fs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** A row: the name in the old library, and all further cells. */
type Row = readonly [title: string, ...cells: string[]];

/** The rows of all tables whose first column has this title, of one section or of all. */
function rowsOf(page: string, firstTitle: string, sections?: readonly string[]): Row[] {
  const rows: Row[] = [];
  let section = "";
  let isInTable = false;
  for (const line of page.split("\n")) {
    const heading = /^#{2,3} (.+)$/.exec(line);
    if (heading !== null) section = heading[1] ?? "";
    if (!line.startsWith("|")) {
      isInTable = false;
      continue;
    }
    const [title = "", ...cells] = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(plain);
    if (/^-+$/.test(title)) continue;
    if (title === firstTitle) isInTable = sections?.includes(section) ?? true;
    else if (isInTable) rows.push([title, ...cells]);
  }
  return rows;
}

/** A cell without links, and without the marks of bold text. */
function plain(cell: string): string {
  return cell
    .trim()
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replaceAll(/\*\*([^*`]+)\*\*/g, "$1");
}

/** The names of the bridge, by the section of its reference. */
function bridgeRows(): Record<string, Row[]> {
  const page = read("docs/reference/socket-io.md");
  const sections = ["Server", "Namespace", "Socket", "RemoteSocket", "Handshake", "engine", "conn"];
  return Object.fromEntries(
    sections.map((section) => [section, otherThanSame(rowsOf(page, "name", [section]))]),
  );
}

/** The rows of names that are not the same on the bridge. */
function otherThanSame(rows: readonly Row[]): Row[] {
  return rows.filter(([, here]) => here === "differs" || here === "refused");
}

/** The text of `src/cli/migrate/migration-rows.ts`. */
export function migrationRows(): string {
  const data = {
    socketIoRows: rowsOf(read("docs/from-socketio.md"), "Socket.IO"),
    flaskRows: rowsOf(read("docs/from-flask-socketio.md"), "Flask-SocketIO"),
  };
  const bridge = {
    ...bridgeRows(),
    options: otherThanSame(rowsOf(read("docs/reference/socket-io.md"), "option", ["Options"])),
    packages: rowsOf(read("docs/reference/socket-io.md"), "package"),
  };
  const list = (rows: readonly Row[], indent: string) =>
    rows.map((row) => `${indent}[${row.map((cell) => JSON.stringify(cell)).join(", ")}],`).join("\n");
  return `${[
    "/**",
    " * The rows of docs/from-socketio.md, docs/from-flask-socketio.md and docs/reference/socket-io.md. Do not",
    " * change this file: change the pages, and run `npm run migration-rows`. A test holds both equal.",
    " */",
    "",
    "/** A row: a name in the old library, what it becomes, and how that differs. */",
    "export type MigrationRow = readonly [title: string, ...cells: string[]];",
    "",
    ...Object.entries(data).flatMap(([name, rows]) => [
      `/** ${name === "flaskRows" ? "Flask-SocketIO" : "Socket.IO"}: its name, Roomcast's, differences. */`,
      "// biome-ignore format: one row a line",
      `export const ${name}: readonly MigrationRow[] = [`,
      list(rows, "  "),
      "];",
      "",
    ]),
    "/** The bridge: names that differ or are refused, which of both, and how. Of packages: how they do. */",
    "// biome-ignore format: one row a line",
    "export const bridgeRows: Readonly<Record<string, readonly MigrationRow[]>> = {",
    ...Object.entries(bridge).flatMap(([name, rows]) => [`  ${name}: [`, list(rows, "    "), "  ],"]),
    "};",
  ].join("\n")}\n`;
}
