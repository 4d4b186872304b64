/**
 * Tables on other pages that quote the comparison. Each stands between two comments, and is replaced with
 * the report, so that no page contradicts another:
 *
 *     <!-- figures: bridge -->
 *     <!-- /figures -->
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison } from "../compare/results.ts";
import { type Row, summarise } from "../compare/summary.ts";
import { scenarios } from "../scenarios/catalogue.ts";
import { formatNumber, formatRatio, formatTable } from "./text.ts";

/** The pages with such tables, relative to the folder of the documents. */
const pages = ["reference/socket-io.md", "runtimes.md"];

/** The scenarios of the bridge's table, as users of socket.io would name them. */
const bridgeLoads: readonly (readonly [scenario: string, words: string])[] = [
  ["echo", "an event that a listener sends back"],
  ["ack", "an event that a callback acknowledges"],
  ["broadcast", "a broadcast to 1 000 clients"],
  ["rooms", "an event to a room of 10 clients"],
  ["connect", "a new connection"],
  ["idle", "the memory of an idle connection"],
  ["polling", "an event over long polling"],
];

/** The scenarios of the table about Bun. */
const bunLoads: readonly (readonly [scenario: string, words: string])[] = [
  ["echo", "echo, a round trip"],
  ["broadcast", "broadcast to 1 000, a delivery"],
  ["burst", "20 broadcasts to 500, a delivery"],
  ["connect", "connecting over WebSocket"],
  ["polling", "polling, a round trip"],
  ["idle", "an idle connection, KiB"],
];

const bunServers = ["roomcast", "roomcast-bun", "socket.io-bun"];

/**
 * The pages with their tables as the comparison has them. A table stays as it is where one of its servers was
 * not measured.
 *
 * @param docs - the folder of the documents
 * @throws Error when a page has no place for a table
 */
export function quoteFigures(comparison: Comparison, docs: string): ReadonlyMap<string, string> {
  const tables = new Map([
    ["bridge", bridgeTable(comparison)],
    ["bun", bunTable(comparison)],
  ]);
  return new Map(
    pages.map((page) => {
      const path = join(docs, page);
      const text = readFileSync(path, "utf8");
      const place = /(<!-- figures: ([a-z-]+) -->\n)[\s\S]*?(\n<!-- \/figures -->)/;
      if (!place.test(text)) throw new Error(`${path} has no place for its figures: <!-- figures: … -->`);
      const written = text.replace(place, (whole, begin: string, name: string, end: string) => {
        const table = tables.get(name);
        if (table === undefined) throw new Error(`${path}: there are no figures ${JSON.stringify(name)}`);
        return table === null ? whole : `${begin}\n${table}\n${end}`;
      });
      return [path, written];
    }),
  );
}

function bridgeTable(comparison: Comparison): string | null {
  const rows = bridgeLoads.map(([scenario, words]) => {
    const ratio = rowOf(comparison, scenario, "bridge")?.ratio;
    return ratio
      ? [words, formatRatio(ratio.median), `${formatRatio(ratio.least)}–${formatRatio(ratio.most)}`]
      : null;
  });
  return tableOf(["load", "of socket.io", "least–most"], rows);
}

function bunTable(comparison: Comparison): string | null {
  const titles = bunServers.map((server) =>
    server === "roomcast"
      ? "Roomcast on Node"
      : (comparison.servers.find(({ name }) => name === server)?.title ?? server),
  );
  const rows = bunLoads.map(([scenario, words]) => {
    const values = bunServers.map((server) => {
      const row = rowOf(comparison, scenario, server);
      return scenario === "idle" ? (row?.rss ?? Number.NaN) / 1024 : (row?.cpu ?? Number.NaN);
    });
    return values.some(Number.isNaN) ? null : [words, ...values.map(formatNumber)];
  });
  return tableOf(["what", ...titles], rows);
}

/** A table; `null` where a row is missing. */
function tableOf(head: readonly string[], rows: readonly (readonly string[] | null)[]): string | null {
  const present = rows.filter((row) => row !== null);
  return present.length === rows.length ? formatTable(head, present) : null;
}

function rowOf({ runs, servers }: Comparison, scenarioName: string, server: string): Row | undefined {
  const scenario = scenarios.find(({ name }) => name === scenarioName);
  if (scenario === undefined)
    throw new Error(`a table quotes a scenario that does not exist: ${scenarioName}`);
  return summarise(scenario, runs, servers).find((row) => row.server === server);
}
