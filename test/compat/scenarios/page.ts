/** The table of docs/compatibility.md: which feature works with which client over which transport. */

import { type Client, type Library, type Transport, transports } from "../clients/client.ts";
import type { Feature } from "./scenario.ts";

/** The result of a feature with one client over one transport. */
export interface Outcome {
  readonly feature: string;
  readonly library: Library;
  readonly transport: Transport;
  readonly passed: boolean;
}

const marks = { passed: "✓", failed: "✗", missing: "–" };

/** Renders the table and its footnotes as Markdown, laid out as the formatter wants it. */
export function renderTable(
  features: readonly Feature[],
  clients: readonly Client[],
  outcomes: readonly Outcome[],
): string {
  const columns = [...new Set(clients.map(({ library }) => columnTitle(library)))];
  const notes: string[] = [];
  const rows = features.map((feature) => [
    feature.name,
    ...columns.map((title) => {
      const sameColumn = clients.filter(({ library }) => columnTitle(library) === title);
      const cell = transports.map((transport) => {
        const client = sameColumn.find((each) => each.transport === transport);
        return client === undefined ? marks.missing : markOf(feature, client, outcomes);
      });
      const numbers = reasonsOf(feature, sameColumn).map((reason) => {
        if (!notes.includes(reason)) notes.push(reason);
        return notes.indexOf(reason) + 1;
      });
      return numbers.length === 0 ? cell.join(" ") : `${cell.join(" ")} (${numbers.join(", ")})`;
    }),
  ]);
  const table = layOut([["", ...columns], ...rows]);
  return [...table, "", ...notes.map((note, index) => `${index + 1}. ${note}`)].join("\n").trimEnd();
}

/** The table without failures. */
export function expectedOutcomes(features: readonly Feature[], clients: readonly Client[]): Outcome[] {
  return features.flatMap(({ name }) =>
    clients.map(({ library, transport }) => ({ feature: name, library, transport, passed: true })),
  );
}

/** Puts a table between the two marks of a page. */
export function putTable(page: string, table: string): string {
  return page.replace(
    /(<!-- table -->\n).*(<!-- \/table -->)/s,
    (_, begin, end) => `${begin}\n${table}\n\n${end}`,
  );
}

/** Why these clients do not have a feature, or not all of it. */
function reasonsOf({ missingIn, scenarios }: Feature, clients: readonly Client[]): string[] {
  const reasons = [missingIn, ...scenarios.map((scenario) => scenario.missingIn)].flatMap((reasonFor) =>
    clients.map((client) => reasonFor?.(client)),
  );
  return [...new Set(reasons.filter((reason) => reason !== undefined))];
}

function columnTitle({ name, version, parser }: Library): string {
  return `${name} ${version}${parser === "msgpack" ? ", MessagePack" : ""}`;
}

function markOf(feature: Feature, client: Client, outcomes: readonly Outcome[]): string {
  if (feature.missingIn?.(client) !== undefined) return marks.missing;
  const own = outcomes.filter(
    (outcome) =>
      outcome.feature === feature.name &&
      outcome.transport === client.transport &&
      columnTitle(outcome.library) === columnTitle(client.library),
  );
  return own.length > 0 && own.every(({ passed }) => passed) ? marks.passed : marks.failed;
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}
