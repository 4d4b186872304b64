import { expect, it } from "vitest";
import { DuplicateFilter } from "../../../src/backplane/cluster/duplicate-filter.ts";

it("tells a second copy from the first, for each sender", () => {
  const ids = new DuplicateFilter();
  expect([ids.add("a", 1), ids.add("a", 1), ids.add("b", 1), ids.add("a", 2)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  ids.forget("a");
  expect(ids.add("a", 1)).toBe(true);
});

it("remembers the last thousand of a sender and forgets those before in time", () => {
  const ids = new DuplicateFilter();
  for (let id = 1; id <= 10_000; id += 1) ids.add("a", id);
  for (let id = 9_000; id <= 10_000; id += 1) expect(ids.add("a", id)).toBe(false);
  expect(ids.add("a", 1)).toBe(true);
});

it("remembers no more senders than there can be", () => {
  const recent = new DuplicateFilter();
  for (let number = 0; number < 10_001; number += 1) recent.add(`sender-${number}`, 1);
  expect(recent.has("sender-0", 1)).toBe(false);
  expect(recent.has("sender-1", 1)).toBe(true);
});
