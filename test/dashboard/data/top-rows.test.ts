import fc from "fast-check";
import { expect, it } from "vitest";
import { TopRows } from "../../../src/dashboard/data/top-rows.ts";

it("the first rows are those that sorting would find, rows of the same rank in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.nat(10), (numbers, limit) => {
      const rows = numbers.map((rank, index) => ({ rank, index }));
      const top = new TopRows<(typeof rows)[number]>(limit, (a, b) => a.rank - b.rank);
      for (const row of rows) top.offer(row);
      expect(top.rows).toEqual(rows.toSorted((a, b) => a.rank - b.rank).slice(0, limit));
    }),
  );
});
