import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  columnFaults,
  commentsOf,
  exportedNameFaults,
  lengthFaults,
  messagesOf,
  testNamesOf,
  wordFaults,
} from "./wording.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

// The list of words itself stands in these.
const own = /^test\/structure\/wording\./;

const sources = filesOf("src");
const tests = filesOf("test");
const all = new Map([
  ...sources,
  ...tests,
  ...filesOf("bench"),
  ...filesOf("scripts"),
  ...filesOf("examples"),
]);

// Several hundred files are read, on a machine that may be busy.
describe("the words of the project", { timeout: 60_000 }, () => {
  it("are plain and modern in comments", () => {
    expect([...all].flatMap((file) => wordFaults(commentsOf(...file)))).toEqual([]);
  });

  it("are plain and modern in messages", () => {
    expect([...sources].flatMap((file) => wordFaults(messagesOf(...file)))).toEqual([]);
  });

  it("are plain and modern in the names of tests", () => {
    const names = [...tests].flatMap((file) => testNamesOf(...file));
    expect(names.length).toBeGreaterThan(1000);
    expect(wordFaults(names)).toEqual([]);
  });

  it("stay within the formatter's columns in comments", () => {
    expect([...all].flatMap(([path, source]) => columnFaults(commentsOf(path, source), source))).toEqual([]);
  });
});

describe("the files of src/", () => {
  it("are at most 400 lines long, or say in their header why not", () => {
    expect([...sources].flatMap((file) => lengthFaults(...file))).toEqual([]);
  });

  it("export no two things of one name", () => {
    expect(exportedNameFaults(sources)).toEqual([]);
  });
});

describe("the check of words", () => {
  const source = [
    "/** For whom it waits. */",
    'const a = "// say who"; // Nobody comes here.',
    "const b = /\\/\\/ say who/;",
    "/*",
    ` * ${"x".repeat(120)}`,
    " */",
    'throw new Error("Say who it is.");',
    `const c = \`They ask \${a}. They wait anew.\`;`,
    'const event = "who";',
  ].join("\n");

  it("finds them in comments, and takes no text or pattern for a comment", () => {
    expect(wordFaults(commentsOf("a.ts", source))).toEqual(['a.ts:1 says "whom"', 'a.ts:2 says "Nobody"']);
  });

  it("finds them in texts of several words, and takes no single word for a message", () => {
    expect(wordFaults(messagesOf("a.ts", source))).toEqual([
      'a.ts:2 says "who"',
      'a.ts:7 says "who"',
      'a.ts:8 says "anew"',
    ]);
  });

  it("finds them in the names of tests, tables included", () => {
    const names = ['it("tells who waits", () => {});', 'describe.each([1, 2])("somebody %s", () => {});'];
    expect(wordFaults(testNamesOf("a.test.ts", names.join("\n")))).toEqual([
      'a.test.ts:1 says "who"',
      'a.test.ts:2 says "somebody"',
    ]);
  });

  it("finds the line of a long comment", () => {
    expect(columnFaults(commentsOf("a.ts", source), source)).toEqual(["a.ts:5 is 123 columns wide"]);
  });
});

describe("the check of files", () => {
  const long = "const a = 1;\n".repeat(401);

  it("finds a long one, but for one that gives its reason", () => {
    expect(lengthFaults("a.ts", long)).toEqual(["a.ts has 401 lines"]);
    expect(
      lengthFaults("a.ts", `/**\n * A table. In one\n * file because it is a table.\n */\n${long}`),
    ).toEqual([]);
    expect(lengthFaults("a.ts", "const a = 1;\n".repeat(400))).toEqual([]);
  });

  it("finds equal names, but for the overloads of one function", () => {
    const overloaded = "export function a(): void;\nexport function a(b?: number): void {}\n";
    expect(exportedNameFaults(new Map([["a.ts", overloaded]]))).toEqual([]);
    const other = "export async function a() {}\nexport interface B {}\n";
    expect(
      exportedNameFaults(
        new Map([
          ["a.ts", overloaded],
          ["b.ts", other],
        ]),
      ),
    ).toEqual(["a is exported by a.ts and b.ts"]);
  });
});

/** Every source file below a folder of the repository, by its path. */
function filesOf(folder: string): Map<string, string> {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules") && !own.test(nameOf(path)));
  return new Map(paths.map((path) => [nameOf(path), readFileSync(path, "utf8")]));
}

function nameOf(path: string): string {
  return relative(root, path).replaceAll(sep, posix.sep);
}
