import { expect, it } from "vitest";
import { Barriers } from "../../../src/backplane/stream/barriers.ts";

it("gives each barrier back once, under the id of its message", () => {
  const barriers = new Barriers();
  const told: string[] = [];
  const first = barriers.add(() => told.push("first"));
  const second = barriers.add(() => told.push("second"));
  barriers.take(second)?.(true);
  expect(told).toEqual(["second"]);
  expect(barriers.take(second)).toBeUndefined();
  barriers.take(first)?.(true);
  expect(told).toEqual(["second", "first"]);
});

it("uses ids that a program that only writes to the broker cannot guess", () => {
  const barriers = new Barriers();
  const ids = Array.from({ length: 100 }, () => barriers.add(() => {}));
  expect(new Set(ids).size).toBe(100);
  // Of 100 random ids of 48 bits, one below 2^32 turns up in one run of 650.
  expect(ids.filter((id) => id > 2 ** 32).length).toBeGreaterThan(90);
  for (const id of ids) expect(Number.isSafeInteger(id)).toBe(true);
});

it("tells every pending barrier of a break, once, and takes those that are added meantime later", () => {
  const barriers = new Barriers();
  const told: string[] = [];
  barriers.add((isWhole) => {
    told.push(`first ${isWhole}`);
    barriers.add((again) => told.push(`added ${again}`));
  });
  const second = barriers.add((isWhole) => told.push(`second ${isWhole}`));
  barriers.fail();
  expect(told).toEqual(["first false", "second false"]);
  expect(barriers.take(second)).toBeUndefined();
  barriers.fail();
  expect(told).toEqual(["first false", "second false", "added false"]);
});
