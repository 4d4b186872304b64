import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  crowdFaults,
  cycles,
  folderFaults,
  innerFaults,
  layerFaults,
  nameFaults,
  nodeImports,
  parseInnerFolders,
  parseLayerTable,
  readImports,
  specifierFaults,
  tableFaults,
} from "./layers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the sources", () => {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const table = parseLayerTable(page);
  const graph = readImports(sources("src"));

  it("stand in folders that the table of layers in docs/architecture.md describes", () => {
    expect(tableFaults(table)).toEqual([]);
    expect(folderFaults(graph, table)).toEqual([]);
  });

  it("import only what the table of layers allows", () => {
    expect(layerFaults(graph, table)).toEqual([]);
  });

  it("stand in inner folders whose arrows fall, too", () => {
    expect(innerFaults(graph, parseInnerFolders(page))).toEqual([]);
  });

  it("are at most 15 to a folder", () => {
    expect(crowdFaults(graph.keys())).toEqual([]);
  });

  it("do not import each other in rings", () => {
    expect(cycles(graph)).toEqual([]);
  });

  it("name the file they import, with its .ts", () => {
    expect(specifierFaults(graph)).toEqual([]);
  });

  it("are named by kebab-case nouns", () => {
    expect(nameFaults(graph.keys())).toEqual([]);
  });

  it("keep the protocol, the client and the dashboard's page free of Node, so that browsers can run them", () => {
    expect(nodeImports(graph, "protocol")).toEqual([]);
    expect(nodeImports(graph, "browser")).toEqual([]);
    expect(nodeImports(graph, "dashboard/page")).toEqual([]);
  });
});

describe("the benchmarks", () => {
  const graph = readImports(sources("bench"));

  it("do not import each other in rings", () => {
    expect(cycles(graph)).toEqual([]);
  });

  it("are at most 15 to a folder", () => {
    expect(crowdFaults(graph.keys())).toEqual([]);
  });
});

describe("the table of layers", () => {
  it("is read from a Markdown table between other text", () => {
    const table = parseLayerTable(`# Title

| a | b |
|---|---|
| x | y |

${page("| `src/base/` | errors | nothing |", "| `src/engine/` | bytes | base |", "| `src/index.ts` | all | everything |")}

| not | a | row |`);
    expect([...table].map(([folder, allowed]) => [folder, ...allowed])).toEqual([
      ["base"],
      ["engine", "base"],
      ["index.ts", "base", "engine"],
    ]);
  });

  it("must exist, and have one row for a folder", () => {
    expect(() => parseLayerTable("# Nothing")).toThrow("no table");
    expect(() => parseLayerTable(page("| base | a | nothing |", "| src/base/ | b | nothing |"))).toThrow(
      "two rows",
    );
  });

  it("cannot allow imports from its own row or from below", () => {
    const faults = tableFaults(parseLayerTable(page("| base | a | engine |", "| engine | b | engine |")));
    expect(faults).toEqual([
      "the table lets base import engine, which is not above it",
      "the table lets engine import engine, which is not above it",
    ]);
  });
});

describe("the scanner", () => {
  const table = parseLayerTable(
    page(
      "| base | a | nothing |",
      "| engine | b | base |",
      "| core | c | base |",
      "| index.ts | d | everything |",
    ),
  );

  it("accepts a tree whose arrows fall", () => {
    const graph = readImports(
      new Map([
        ["base/errors.ts", `import { randomBytes } from "node:crypto"; export const a = randomBytes;`],
        ["engine/outbox.ts", `import { a } from "../base/errors.ts"; export { b } from "./frame.ts";`],
        ["engine/frame.ts", `import ws from "ws"; export const b = ws;`],
        ["core/room.ts", `export * from "../base/errors.ts";`],
        ["index.ts", `export * from "./core/room.ts"; export type * from "./engine/outbox.ts";`],
      ]),
    );
    expect([...tableFaults(table), ...folderFaults(graph, table), ...layerFaults(graph, table)]).toEqual([]);
    expect([...cycles(graph), ...specifierFaults(graph), ...nameFaults(graph.keys())]).toEqual([]);
  });

  it.each([
    ["an import", `import { a } from "../engine/outbox.ts";`],
    ["an import for its effect", `import "../engine/outbox.ts";`],
    ["an import of types", `import type { A } from "../engine/outbox.ts";`],
    ["an import with a type among values", `import { type A } from "../engine/outbox.ts";`],
    ["a re-export", `export { a } from "../engine/outbox.ts";`],
    ["a re-export of types", `export type * from "../engine/outbox.ts";`],
    ["a dynamic import", `export async function a() { return (await import("../engine/outbox.ts")).a; }`],
    ["a dynamic import in backquotes", "export const a = () => import(`../engine/outbox.ts`);"],
    ["a type in the middle of a line", `export function a(b: import("../engine/outbox.ts").B): void {}`],
  ])("finds %s that goes upward", (_kind, source) => {
    const graph = readImports(new Map([["base/errors.ts", source]]));
    expect(layerFaults(graph, table)).toEqual([
      "base/errors.ts imports engine/outbox.ts: upward, for base may not import engine",
    ]);
  });

  it("finds an import that falls to a folder the table does not name", () => {
    const graph = readImports(new Map([["core/room.ts", `import "../engine/outbox.ts";`]]));
    expect(layerFaults(graph, table)).toEqual([
      "core/room.ts imports engine/outbox.ts: core may not import engine",
    ]);
  });

  it("finds the public list of names, also under the package's own name", () => {
    const graph = readImports(
      new Map([
        ["core/room.ts", `import type { A } from "../index.ts";`],
        ["core/socket.ts", `import { emit } from "roomcast";`],
      ]),
    );
    expect(layerFaults(graph, table)).toEqual([
      "core/room.ts imports index.ts: upward, for core may not import index.ts",
      `core/socket.ts imports "roomcast": upward, for the package's own name stands for src/index.ts`,
    ]);
  });

  it("does not take a comment or a text for an import", () => {
    const source = `/** import { a } from "../engine/outbox.ts"; */ export const a = 'import "../engine/outbox.ts"';`;
    expect(layerFaults(readImports(new Map([["base/errors.ts", source]])), table)).toEqual([]);
  });

  it("finds a ring of files in one folder, also where only types close it", () => {
    const graph = readImports(
      new Map([
        ["core/a.ts", `import { b } from "./b.ts";`],
        ["core/b.ts", `export { c } from "./deep/c.ts";`],
        ["core/deep/c.ts", `import type { A } from "../a.ts";`],
        ["core/d.ts", `import { a } from "./a.ts";`],
      ]),
    );
    expect(cycles(graph)).toEqual(["core/a.ts → core/b.ts → core/deep/c.ts → core/a.ts"]);
  });

  it("finds an inner folder that imports one below it, has no row, or has no file", () => {
    const graph = readImports(
      new Map([
        ["core/hub.ts", `import "./rooms/room.ts";`],
        ["core/rooms/room.ts", `import "../hub.ts"; import "../sockets/socket.ts";`],
        ["core/sockets/socket.ts", `import "../rooms/room.ts";`],
        ["core/extra/a.ts", ""],
      ]),
    );
    const order = parseInnerFolders(
      "| inner folder | what it holds |\n|---|---|\n| `src/core/rooms/` | a |\n| src/core/sockets/ | b |\n| core/gone | c |\n",
    );
    expect(innerFaults(graph, order)).toEqual([
      "core/extra has no row in the table of inner folders",
      "core/gone has a row, and no file",
      "core/rooms/room.ts imports core/sockets/socket.ts: upward among the folders of core",
    ]);
  });

  it("finds a folder that holds too many files", () => {
    const names = Array.from({ length: 16 }, (_, index) => `core/room-${index}.ts`);
    expect(crowdFaults([...names, "core/rooms/a.ts", "index.ts"])).toEqual([
      "core holds 16 files, more than 15",
    ]);
  });

  it("finds a file that imports itself", () => {
    expect(cycles(readImports(new Map([["core/a.ts", `import "./a.ts";`]])))).toEqual([
      "core/a.ts → core/a.ts",
    ]);
  });

  it("finds folders without a row, files without a folder, and rows without a folder", () => {
    const graph = readImports(
      new Map([
        ["base/a.ts", ""],
        ["core/a.ts", ""],
        ["index.ts", ""],
        ["admin/a.ts", ""],
        ["b.ts", ""],
      ]),
    );
    expect(folderFaults(graph, table)).toEqual([
      "admin has no row in the table",
      "b.ts has no row in the table",
      "engine has a row, and no file",
    ]);
  });

  it("finds relative imports without .ts", () => {
    const source = `import "./a"; import "./b.js"; import type { C } from "../base";`;
    expect(specifierFaults(readImports(new Map([["core/a.ts", source]])))).toEqual([
      `core/a.ts imports "./a": a relative import carries .ts`,
      `core/a.ts imports "./b.js": a relative import carries .ts`,
      `core/a.ts imports "../base": a relative import carries .ts`,
    ]);
  });

  it("finds file names that are not nouns or not in kebab-case", () => {
    const good = ["core/room.ts", "core/room-list.ts", "engine/eio3.ts", "engine/transports/web-socket.ts"];
    const bad = [
      ...["core/utils.ts", "core/room-helpers.ts", "core/common.ts", "core/types.ts"],
      ...["core/Room.ts", "core/roomList.ts", "core/room_list.ts", "Core/room.ts", "core/room.d.ts"],
      ...["core/room.js", "core/-room.ts"],
    ];
    expect(nameFaults(good)).toEqual([]);
    expect(nameFaults(bad).map((fault) => fault.split(" ")[0])).toEqual(bad);
  });

  it("finds the modules of Node that a folder needs through its imports", () => {
    const graph = readImports(
      new Map([
        ["engine/a.ts", `import "../base/a.ts";`],
        ["base/a.ts", `import type { Socket } from "node:net";`],
        ["base/b.ts", `import "node:fs";`],
        ["engine/b.ts", `export const a = () => process.getBuiltinModule("node:zlib").gzipSync;`],
      ]),
    );
    expect(nodeImports(graph, "engine")).toEqual([
      `engine/b.ts imports "node:zlib"`,
      `base/a.ts imports "node:net"`,
    ]);
  });
});

/** Every TypeScript file below a folder of the repository. */
/** What lies beside the code of a page. */
const otherFile =
  /^(dashboard\/page\/(index\.html|page\.css|icon\.svg|tsconfig\.json)|websocket\/unmasker\.wat)$/;

function sources(name: string): Map<string, string> {
  const folder = join(root, name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && (name === "src" || entry.name.endsWith(".ts")),
  );
  const paths = files
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, posix.sep),
    )
    // The benchmarks install the other servers in their own folder.
    .filter((path) => !otherFile.test(path) && !path.startsWith("node_modules/"));
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

function page(...rows: string[]): string {
  return ["| folder | what lives there | may import |", "|---|---|---|", ...rows].join("\n");
}
