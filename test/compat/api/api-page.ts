/** The tables of docs/reference/socket-io.md, made of the list of the API. */

import { readFileSync } from "node:fs";
import { type ApiRow, apiTable } from "./api-table.ts";

/** The page. */
export const apiPage = new URL("../../../docs/reference/socket-io.md", import.meta.url);

/** The headings of the page by the groups of the list. */
const headings: Readonly<Record<string, string>> = {
  Server: "### Server",
  Namespace: "### Namespace",
  ParentNamespace: "### ParentNamespace",
  Socket: "### Socket",
  BroadcastOperator: "### BroadcastOperator",
  RemoteSocket: "### RemoteSocket",
  Client: "### Client",
  Handshake: "### Handshake",
  Engine: "### engine",
  Connection: "### conn",
  Transport: "### transport",
  Adapter: "### adapter",
  Options: "## Options",
};

function table(group: string, rows: readonly ApiRow[]): string {
  const head = group === "Options" ? "option" : "name";
  return [`| ${head} | here | |`, "| ---- | ---- | - |", ...rows.map(line)].join("\n");
}

function line({ names, differs, refused, added }: ApiRow): string {
  const plain = names.filter((name) => !name.startsWith("event ")).map((name) => `\`${name}\``);
  const events = names.filter((name) => name.startsWith("event ")).map((name) => `\`${name.slice(6)}\``);
  const named = events.length === 1 ? "event" : "events";
  const cells = [...plain, ...(events.length === 0 ? [] : [`${named} ${events.join(", ")}`])].join(", ");
  if (differs !== undefined) return `| ${cells} | differs | ${differs} |`;
  if (refused !== undefined) return `| ${cells} | refused | ${refused} |`;
  return added === undefined ? `| ${cells} | same | |` : `| ${cells} | new | ${added} |`;
}

/** The page with its tables as the list has them. */
export function pageWithTables(): string {
  let page = readFileSync(apiPage, "utf8");
  for (const [group, rows] of Object.entries(apiTable)) {
    const heading = headings[group];
    if (heading === undefined) throw new Error(`The page has no heading for ${group}.`);
    const start = page.indexOf(`\n${heading}\n`);
    const first = page.indexOf("\n| ", start);
    if (start === -1 || first === -1) throw new Error(`The page has no table below "${heading}".`);
    const end = page.indexOf("\n\n", first);
    page = `${page.slice(0, first + 1)}${table(group, rows)}${page.slice(end)}`;
  }
  return page;
}
