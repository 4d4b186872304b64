import { expect, it } from "vitest";
import { LoadMarks } from "../../../src/cli/load/load-mark.ts";

it("finds its own marks in any message, and no others", () => {
  const marks = new LoadMarks("abc");
  const mark = { client: 12, number: 3, time: 4567.891 };
  expect(marks.find(`2["said",{"text":"${marks.write(mark)} hello"}]`)).toEqual(mark);
  expect(marks.find(new LoadMarks("xyz").write(mark))).toBeUndefined();
});
