import { describe, expect, it } from "vitest";
import { SequenceLedger } from "../../../../src/cli/load/measure/sequence-ledger.ts";

/** What each number of one sender is to one client, and the gaps at the end. */
function take(...numbers: number[]): [string, number] {
  const ledger = new SequenceLedger();
  const arrivals = numbers.map((number) => ledger.take(1, 2, number)[0]);
  return [arrivals.join(""), ledger.gaps];
}

describe("SequenceLedger", () => {
  it.each([
    ["in order", [1, 2, 3], "nnn", 0],
    ["from any number on", [70, 71], "nn", 0],
    ["a double", [1, 2, 2, 1, 3], "nnddn", 0],
    ["a gap", [1, 2, 5], "nnn", 2],
    ["a gap that is filled late", [1, 4, 3, 2, 3], "nnlld", 0],
    ["a gap of 31", [1, 32], "nn", 30],
    ["a gap that leaves what is remembered", [1, 3, 40, 80], "nnnn", 1 + 36 + 39],
    ["one that is too old to be known", [1, 50, 2], "nno", 48],
  ])("tells %s", (_, numbers, arrivals, gaps) => {
    expect(take(...numbers)).toEqual([arrivals, gaps]);
  });

  it("counts as one that remembers everything does", () => {
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed / 0x80000000;
    };
    for (let round = 0; round < 200; round++) {
      const ledger = new SequenceLedger();
      const seen = new Set<number>([100]);
      ledger.take(3, 300, 100);
      let greatest = 100;
      for (let step = 0; step < 300; step++) {
        const number = Math.max(101, greatest + Math.floor(random() * 40) - 25);
        const expected =
          number > greatest ? "new" : greatest - number >= 32 ? "old" : seen.has(number) ? "double" : "late";
        expect(ledger.take(3, 300, number)).toBe(expected);
        if (expected !== "old") seen.add(number);
        greatest = Math.max(greatest, number);
      }
      expect(ledger.gaps).toBe(greatest - 99 - seen.size);
    }
  });

  it("keeps pairs apart, and says when there are too many", () => {
    const ledger = new SequenceLedger(2);
    expect([ledger.take(1, 1, 5), ledger.take(2, 1, 5), ledger.take(1, 2, 5)]).toEqual(["new", "new", "new"]);
    expect(ledger.take(3, 1, 5)).toBe("untracked");
    expect(ledger.isFull).toBe(true);
    expect(ledger.take(1, 1, 5)).toBe("double");
    expect(ledger.gaps).toBe(0);
  });
});
