/** The subpaths of the package, each held equal to the page that describes it. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instrumentOptions } from "../../src/admin/instrument-options.ts";
import { meteringOptions, metricsOptions } from "../../src/app/options/metrics-options.ts";
import { queueOptions } from "../../src/backplane/queue/queue-options.ts";
import { prometheusOptions } from "../../src/prometheus/prometheus-options.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** Each subpath with its source and its page. The names of `roomcast` itself are in docs/reference/. */
const subpaths = {
  "./socket.io": ["src/compat/index.ts", "docs/reference/socket-io.md"],
  "./fastify": ["src/fastify.ts", "docs/reference/server.md"],
  "./load": ["src/load.ts", "docs/load-tests.md"],
  "./nest": ["src/nest.ts", "docs/reference/socket-io.md"],
  "./opentelemetry": ["src/opentelemetry.ts", "docs/opentelemetry.md"],
  "./prometheus": ["src/prometheus.ts", "docs/metrics.md"],
  "./client": ["src/client.ts", "docs/client.md"],
  "./msgpack": ["src/msgpack.ts", "docs/client.md"],
  "./react": ["src/react.ts", "docs/react.md"],
  "./contract": ["src/contract.ts", "docs/contract.md"],
  "./asyncapi": ["src/asyncapi.ts", "docs/contract.md"],
} as const;

describe("the subpaths", () => {
  it("are those of package.json", () => {
    const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, unknown> };
    expect(Object.keys(subpaths).toSorted()).toEqual(
      Object.keys(exports)
        .filter((path) => path !== "." && path !== "./package.json")
        .toSorted(),
    );
  });

  it.each(Object.entries(subpaths))(
    "have every name that %s exports on their page",
    (_path, [file, page]) => {
      const exported = exportedNames(read(file));
      expect(exported.length).toBeGreaterThan(0);
      expect(exported.filter((name) => !namesOf(read(page)).has(name))).toEqual([]);
    },
  );

  it.each(Object.keys(subpaths))("are named in docs/stability.md: %s", (path) => {
    expect(read("docs/stability.md")).toContain(`"roomcast${path.slice(1)}"`);
  });
});

describe("exportedNames", () => {
  it("finds declarations and lists, under the names that importers use", () => {
    const source = [
      "export function make<T>(): T {",
      "export interface Made {",
      "export const made = 1;",
      'export type { First, Second as Third } from "./other.ts";',
      "export { type Fourth, Fifth };",
      "export default Fifth;",
      "const hidden = 2;",
    ].join("\n");
    expect(exportedNames(source)).toEqual(["make", "Made", "made", "First", "Third", "Fourth", "Fifth"]);
  });
});

describe("docs/reference/socket-io.md", () => {
  it.each(["Server", "Namespace", "Socket"])("names every member that %s declares", (name) => {
    const page = read("docs/reference/socket-io.md");
    const members = membersOf(read("src/compat/index.ts"), name);
    expect(members.length).toBeGreaterThan(5);
    expect(members.filter((member) => !namesOf(page).has(member))).toEqual([]);
  });

  it("names every option that BridgeOptions adds or changes", () => {
    const page = read("docs/reference/socket-io.md");
    const options = membersOf(read("src/compat/options/bridge-options.ts"), "BridgeOptions");
    expect(options).toContain("adapter");
    expect(options.filter((option) => !namesOf(page).has(option))).toEqual([]);
  });
});

describe("the tables of options", () => {
  it("docs/metrics.md has those of prometheus(), with defaults, kinds and texts", () => {
    const source = read("src/prometheus/prometheus-options.ts");
    const expected = Object.entries(prometheusOptions).map(([name, { default: fallback, expects }]) => [
      `\`${name}\``,
      `\`${JSON.stringify(fallback)}\``,
      expects,
      commentAbove(source, name),
    ]);
    expect(rows(read("docs/metrics.md"), "option")).toEqual(expected);
  });

  it("docs/admin.md has those of instrument(), with their defaults", () => {
    const listed = rows(read("docs/admin.md"), "option").map(([name, fallback]) => [name, fallback]);
    const inWords: Record<string, string> = { auth: "must be given", serverId: "host and process id" };
    expect(listed).toEqual(
      Object.entries(instrumentOptions).map(([name, { default: fallback }]) => [
        `\`${name}\``,
        inWords[name] ?? `\`${readable(fallback)}\``,
      ]),
    );
  });

  it("docs/brokers.md has every member of the option messageQueue", () => {
    const listed = rows(read("docs/brokers.md"), "member").flatMap(([names = ""]) => [...namesOf(names)]);
    expect(listed.toSorted()).toEqual(Object.keys(queueOptions).toSorted());
  });

  it("docs/metrics.md names the members of the option metrics, and the options of metrics()", () => {
    const page = read("docs/metrics.md");
    const options = [...Object.keys(meteringOptions), ...Object.keys(metricsOptions)];
    expect(options.filter((name) => !namesOf(page).has(name))).toEqual([]);
  });
});

/** The names that a module exports. The default export has none. */
function exportedNames(source: string): string[] {
  const declared = /^export (?:declare |async |abstract )*(?:function|class|const|interface|type|enum) (\w+)/;
  const list = /^export (?:type )?\{([^}]*)\}/;
  return [...source.matchAll(new RegExp(`${declared.source}|${list.source}`, "gm"))].flatMap(
    ([, name, names]) => (name === undefined ? listed(names ?? "") : [name]),
  );
}

function listed(names: string): string[] {
  return names
    .split(",")
    .map((name) =>
      name
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    )
    .filter(Boolean);
}

/** Every word in code font and in headings, outside of programs. */
function namesOf(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const marked = [...prose.matchAll(/^#+ (.*)$|`([^`\n]+)`/gm)].map(([, title, code]) => title ?? code ?? "");
  return new Set(marked.flatMap((text) => text.match(/\w+/g) ?? []));
}

/** The members of an interface's own, without those of interfaces that it extends. */
function membersOf(source: string, name: string): string[] {
  const [body = ""] = new RegExp(`^(?:export )?interface ${name}\\b[\\s\\S]*?^\\}`, "m").exec(source) ?? [];
  return [
    ...new Set([...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, member = ""]) => member)),
  ];
}

/** The rows of the first table whose head begins with a word. */
function rows(page: string, head: string): string[][] {
  const [, table = ""] = new RegExp(`^\\| ${head} \\|.*\\n\\|.*\\n((?:\\|.*\\n)+)`, "m").exec(page) ?? [];
  return table
    .split("\n")
    .filter(Boolean)
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** A default as the pages write it: numbers with a mark between thousands. */
function readable(fallback: unknown): string {
  return typeof fallback === "number" && fallback >= 10_000
    ? String(fallback).replaceAll(/\B(?=(\d{3})+$)/g, "_")
    : JSON.stringify(fallback);
}

function commentAbove(source: string, name: string): string {
  const [, comment = ""] = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*${name}: `).exec(source) ?? [];
  return comment
    .replaceAll(/\n\s*\* ?/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
