import { expect, it } from "vitest";
import { LoadMarks } from "../../../../src/cli/load/measure/load-mark.ts";

it("finds its own marks in any message, and no others", () => {
  const marks = new LoadMarks("abc");
  expect(marks.find(`2["said",{"text":"${marks.write(12, 3, 4567.891)} hello"}]`)).toBe(true);
  expect([marks.client, marks.number, marks.time]).toEqual([12, 3, 4567.891]);
  expect(marks.find(new LoadMarks("xyz").write(1, 2, 3))).toBe(false);
  expect(marks.find("")).toBe(false);
});

it("takes a mark that was cut off for none", () => {
  const marks = new LoadMarks("abc");
  const mark = marks.write(12, 3, 4567.891);
  for (let length = 0; length < mark.length; length++) expect(marks.find(mark.slice(0, length))).toBe(false);
});
