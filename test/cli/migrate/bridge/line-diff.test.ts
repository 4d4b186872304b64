import { expect, it } from "vitest";
import { lineDiff } from "../../../../src/cli/migrate/bridge/line-diff.ts";

it("shows changed lines with those around them", () => {
  expect(
    lineDiff("a.js", "1\n2\n3\nold\n5\n6\n7\n8\n9\nold\n", "1\n2\n3\nnew\n5\n6\n7\n8\n9\nnew\n"),
  ).toEqual([
    ...["--- a/a.js", "+++ b/a.js", "@@ line 2 @@", " 2", " 3", "-old", "+new", " 5", " 6"],
    ...["@@ line 8 @@", " 8", " 9", "-old", "+new", " "],
  ]);
});

it("shows lines that are gone, and the comma that goes with them", () => {
  expect(lineDiff("p", '{\n  "a": 1,\n  "b": 2\n}', '{\n  "a": 1\n}').slice(3)).toEqual([
    ...[" {", '-  "a": 1,', '+  "a": 1', '-  "b": 2', " }"],
  ]);
});

it("is empty for equal texts", () => {
  expect(lineDiff("a", "x", "x")).toEqual([]);
});
