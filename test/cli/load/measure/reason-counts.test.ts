import { expect, it } from "vitest";
import { ReasonCounts } from "../../../../src/cli/load/measure/reason-counts.ts";

it("counts by reason, most frequent first", () => {
  const counts = new ReasonCounts();
  for (const reason of ["a", "b", "b"]) counts.add(reason);
  expect(Object.entries(counts.read())).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
  expect(counts.total).toBe(3);
});

it("puts very many reasons together, and cuts long ones", () => {
  const counts = new ReasonCounts();
  for (let number = 0; number < 30; number++) counts.add(`reason ${number}`);
  counts.add("x".repeat(500));
  expect(counts.read()["other reasons"]).toBe(11);
  expect(Object.keys(counts.read())).toHaveLength(21);
  const long = new ReasonCounts();
  long.add("x".repeat(500));
  expect(Object.keys(long.read())[0]).toHaveLength(161);
});
