import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { NamespaceHandle } from "../../src/app/namespace-handle.ts";
import { Operations } from "../../src/app/operations.ts";
import { appOptions } from "../../src/app/options/app-options.ts";
import { dashboardOptions } from "../../src/app/options/dashboard-options.ts";
import { dedupeOptions } from "../../src/app/options/dedupe-options.ts";
import { drainOptions } from "../../src/app/options/drain-options.ts";
import { recoveryOptions } from "../../src/app/options/recovery-options.ts";
import { runOptions } from "../../src/app/options/run-options.ts";
import { SocketIO } from "../../src/app/socketio.ts";
import { errorCodes } from "../../src/base/errors.ts";
import { consoleLogger } from "../../src/base/log/console-writer.ts";
import { logTypes } from "../../src/base/log/log-record.ts";
import { perMessageDeflateOptions } from "../../src/engine/deflate-options.ts";
import { httpErrors } from "../../src/engine/request/http-error.ts";
import { TestClient } from "../../src/testing/test-client.ts";
import { testClientOptions } from "../../src/testing/test-client-options.ts";
import { migrationRows } from "../support/migration-rows.ts";

/** The pages of the reference, one after the other. */
const page = readdirSync(new URL("../../docs/reference/", import.meta.url))
  .map((name) => read(`docs/reference/${name}`))
  .join("\n");

describe("docs/reference/", () => {
  it("names every export of src/index.ts in a heading or in code font", () => {
    const exported = exportedNames(read("src/index.ts"));
    expect(exported).toContain("SocketIO");
    expect(exported).toContain("TraceEvent");
    expect(exported.filter((name) => !names(page).has(name))).toEqual([]);
  });

  it.each([
    ["SocketIO", SocketIO],
    ["NamespaceHandle", NamespaceHandle],
    ["Operations", Operations],
    ["TestClient", TestClient],
  ])("names every public member of %s", (_name, { prototype }) => {
    const members = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
    expect(members.filter((name) => !names(page).has(name))).toEqual([]);
  });

  it("lists the options of new SocketIO() with their defaults, and with the texts of their tables", () => {
    const sources = [
      "engine/engine-options",
      "core/hub-options",
      "app/options/app-options",
      "app/contract/contract-option",
    ].map((name) => read(`src/${name}.ts`));
    const expected = Object.entries(appOptions).map(([name, { default: fallback, expects }]) => [
      name,
      fallback === consoleLogger ? "console" : show(fallback),
      expects,
      commentAbove(sources.join(""), `${name}:`),
    ]);
    expect(rows(section(page, "Options"))).toEqual(expected);
  });

  it.each([
    ["run", "src/app/options/run-options.ts", runOptions],
    ["Options of the test client", "src/testing/test-client-options.ts", testClientOptions],
    ["dashboard", "src/app/options/dashboard-options.ts", dashboardOptions],
    ["Recovery", "src/app/options/recovery-options.ts", recoveryOptions],
    ["Repeated events", "src/app/options/dedupe-options.ts", dedupeOptions],
    ["Compressed messages", "src/engine/deflate-options.ts", perMessageDeflateOptions],
  ])(
    "lists under “%s” the options of %s with their defaults, and with the texts of their table",
    (heading, path, table) => {
      const source = read(path);
      const expected = Object.entries(table).map(([name, { default: fallback, expects }]) => [
        name,
        JSON.stringify(fallback),
        expects,
        commentAbove(source, `${name}:`),
      ]);
      expect(rows(section(page, heading))).toEqual(expected);
    },
  );

  it("lists the options of drain() with their defaults, and with the texts of their table", () => {
    const source = read("src/app/options/drain-options.ts");
    const expected = Object.entries(drainOptions).map(([name, { default: fallback, expects }]) => [
      name,
      JSON.stringify(fallback),
      expects,
      commentAbove(source, `${name}:`),
    ]);
    expect(rows(section(page, "drain"))).toEqual(expected);
  });

  it.each([
    ["Options of emit", ["ExactTargetOptions", "ExactEmitOptions", "ExactSendOptions"]],
    ["Options of call", ["ExactCallOptions"]],
    ["callAll", ["ExactCallAllOptions"]],
    ["Options of joinRoom, leaveRoom and disconnect", ["ExactTargetOptions", "ExactDisconnectOptions"]],
  ])("lists under “%s” what the interfaces %j declare, with their texts", (heading, interfaces) => {
    const source = read("src/context/target-options.ts") + read("src/context/emit-options.ts");
    const declared = interfaces.flatMap((name) => membersOf(source, name));
    expect(declared.length).toBeGreaterThan(0);
    expect(rows(section(page, heading)).map(([name, , meaning]) => [name, meaning])).toEqual(declared);
  });

  it("lists every disconnect reason with its text", () => {
    const sources = read("src/engine/close-reason.ts") + read("src/core/model/disconnect-reason.ts");
    const reasons = [...sources.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*)\*\/\s*\| "(.*?)"/g)].map(
      ([, comment = "", name]) => [name, commentText(comment)],
    );
    expect(reasons.length).toBeGreaterThan(8);
    expect(rows(section(page, "Disconnect reasons"))).toEqual(reasons);
  });

  it("lists every error code, and every error acknowledgement with its message", () => {
    expect(rows(section(page, "Classes and codes")).map(([code]) => code)).toEqual(Object.keys(errorCodes));
    const files = [
      "app/handlers/handler-result",
      "app/contract/refused-event",
      "core/namespace/open-namespace",
    ];
    const source = files.map((name) => read(`src/${name}.ts`)).join("");
    const answers = [...source.matchAll(/code: "(ERR_\w+)",\s+message: "([^"]+)"/g)].map(([, ...row]) => row);
    expect(answers.length).toBeGreaterThan(0);
    expect(rows(section(page, "Error acknowledgements")).map((row) => row.slice(0, 2))).toEqual(answers);
  });

  it("has every type of log line in docs/logging.md", () => {
    const [, table = ""] = /## The records([\s\S]*?)\n## /.exec(read("docs/logging.md")) ?? [];
    const types = table
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .flatMap((line) => [...(line.split("|")[2] ?? "").matchAll(/`([a-z ]+)`/g)].map(([, type]) => type));
    expect(types.filter((type) => type !== "type").toSorted()).toEqual(logTypes.toSorted());
  });

  it("lists every trace event with its members", () => {
    const [, union = ""] = /type TraceEvent =([\s\S]*?);\n\n/.exec(read("src/base/trace.ts")) ?? [];
    const events = [...union.matchAll(/\{([^}]*)\}/g)].map(([, body = ""]) => {
      const [, type] = /type: "(.*?)"/.exec(body) ?? [];
      const members = [...body.matchAll(/(\w+):/g)].map(([, name]) => name).filter((name) => name !== "type");
      return [type, members.join(", ")];
    });
    expect(events.length).toBeGreaterThan(10);
    expect(rows(section(page, "Trace events")).map((row) => row.slice(0, 2))).toEqual(events);
  });

  it("lists every refusal over HTTP", () => {
    const refusals = Object.values(httpErrors).map(
      ({ status, code, message }) => `${status} ${code} ${message}`,
    );
    const listed = rows(section(page, "Limits and refusals")).map((row) => row.slice(0, 3).join(" "));
    expect(listed).toEqual(refusals);
  });
});

function show(value: unknown): string | undefined {
  return value === Number.POSITIVE_INFINITY ? "Infinity" : JSON.stringify(value);
}

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
}

/** The names that a file re-exports, types included. */
function exportedNames(source: string): string[] {
  return [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((name) => name.trim().replace(/^type /, ""))
    .filter(Boolean);
}

/** Every word of a page's headings and of its inline code. */
function names(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const marked = [...prose.matchAll(/^#+ (.*)$|`([^`\n]+)`/gm)].map(
    ([, heading, code]) => heading ?? code ?? "",
  );
  return new Set(marked.flatMap((text) => text.match(/\w+/g) ?? []));
}

/** The part of a page below a heading, up to the next heading of any level. */
function section(markdown: string, heading: string): string {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const part = prose.split(/^(?=#+ )/m).find((text) => text.replace(/^#+ /, "").split("\n")[0] === heading);
  if (part === undefined) throw new Error(`docs/reference/ has no heading “${heading}”.`);
  return part;
}

/** The rows of the first table, without its head. Names in code font and defaults lose their backticks. */
function rows(markdown: string): string[][] {
  const [table = ""] = /(?:^\|.*\|\n)+/m.exec(markdown) ?? [];
  const cells = table
    .split("\n")
    .slice(2, -1)
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/));
  return cells.map((row) => row.map((cell, index) => plain(cell.trim(), index)));
}

function plain(cell: string, index: number): string {
  const isCode = index < 2 && /^`[^`]*`(, `[^`]*`)*$/.test(cell);
  return isCode ? cell.replaceAll("`", "") : cell;
}

/** The text of the doc comment that stands directly above a declaration. */
function commentAbove(source: string, declaration: string): string {
  const start = new RegExp(`\\*/\\s*(?://.*\\s*)*(?:readonly )?${declaration.replace("?", "\\?")}`).exec(
    source,
  );
  if (start === null) throw new Error(`There is no doc comment above ${declaration}`);
  return commentText(source.slice(source.lastIndexOf("/**", start.index), start.index));
}

/** The members of an interface, each with the text of its doc comment. */
function membersOf(source: string, name: string): string[][] {
  const [body] = new RegExp(`^export interface ${name}\\b[\\s\\S]*?^\\}`, "m").exec(source) ?? [];
  if (body === undefined) throw new Error(`There is no interface ${name}.`);
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member = ""]) => member);
  return members.map((member) => [member, commentAbove(body, `${member}?:`)]);
}

function commentText(comment: string): string {
  return comment
    .replace("/**", "")
    .replaceAll(/\n\s*\* ?/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

describe("the rows that `roomcast migrate` has", () => {
  it("are those of the pages: if not, run `npm run migration-rows`", () => {
    const path = new URL("../../src/cli/migrate/migration-rows.ts", import.meta.url);
    expect(readFileSync(path, "utf8")).toBe(migrationRows());
  });
});
