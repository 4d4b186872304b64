import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** The promises of a page, each with the file and the name of the test that proves it. */
function promises(markdown: string): { promise: string; file: string; name: string }[] {
  const [promised = ""] = markdown.split("\n## What has been tested");
  return promised
    .split("\n")
    .filter((line) => /^\| (?!What is promised|Promise |What holds|---)/.test(line))
    .map((line) => {
      const [, promise = "", file = "", name = ""] =
        /^\| (.+?) \| (?:`([^`]+)`: (.+?))? *\|$/.exec(line) ?? [];
      return { promise: promise || line, file, name };
    });
}

/** The promises of a page without an existing test. */
function faults(markdown: string, read: (file: string) => string | undefined): string[] {
  return promises(markdown).flatMap(({ promise, file, name }) => {
    const source = read(file);
    if (source === undefined) return [`"${promise}" is held by ${file || "nothing"}, which does not exist`];
    return source.includes(`${name}"`) ? [] : [`${file} has no test "${name}"`];
  });
}

describe("docs/guarantees.md", () => {
  it("names a test that exists for everything that it promises", () => {
    const page = readFileSync(join(root, "docs/guarantees.md"), "utf8");
    const read = (file: string) =>
      file !== "" && existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : undefined;
    expect(promises(page).length).toBeGreaterThan(15);
    expect(faults(page, read)).toEqual([]);
  });

  it("is followed in that by the threat model", () => {
    const [, page = ""] = readFileSync(join(root, "docs/threat-model.md"), "utf8").split(
      /(?=\n## The application\n)/,
    );
    const read = (file: string) =>
      file !== "" && existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : undefined;
    expect(promises(page).length).toBeGreaterThan(7);
    expect(faults(page, read)).toEqual([]);
  });

  it("is searched for tests that are missing", () => {
    const page =
      "| Promise | The test |\n| --- | --- |\n| A | `a.ts`: works |\n| B | `a.ts`: fails |\n| C | `c.ts`: x |\n| D | |";
    const read = (file: string) => (file === "a.ts" ? 'it("works", () => {})' : undefined);
    expect(faults(page, read)).toEqual([
      'a.ts has no test "fails"',
      '"C" is held by c.ts, which does not exist',
      '"D" is held by nothing, which does not exist',
    ]);
  });
});
