import { describe, expect, it } from "vitest";
import { Fifo } from "../../../src/base/queue/fifo.ts";

describe("Fifo", () => {
  it("gives items back in the order in which they came", () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 100; item += 1) fifo.push(item);
    expect(Array.from({ length: 101 }, () => fifo.shift())).toEqual([...Array(100).keys(), undefined]);
    expect(fifo.length).toBe(0);
    fifo.push(7);
    expect(fifo.at(0)).toBe(7);
  });

  it("counts places from the oldest, however many have gone", () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 1000; item += 1) {
      fifo.push(item);
      if (item % 3 !== 0) fifo.shift();
      const oldest = item + 1 - fifo.length;
      expect([fifo.at(0), fifo.at(fifo.length - 1), fifo.at(fifo.length)]).toEqual(
        fifo.length === 0 ? [undefined, undefined, undefined] : [oldest, item, undefined],
      );
    }
  });
});
