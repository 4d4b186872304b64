import { expect, it } from "vitest";
import { seatOf } from "../../../../src/cli/load/scenario/seat.ts";

it("has the same random numbers with the same seed, and others for other clients", () => {
  const numbers = (index: number, seed: number) => {
    const { random } = seatOf(index, 10, seed);
    return [random(), random(), random()];
  };
  expect(numbers(3, 1)).toEqual(numbers(3, 1));
  expect(numbers(3, 1)).not.toEqual(numbers(4, 1));
  expect(numbers(3, 1)).not.toEqual(numbers(3, 2));
});

it("spreads evenly within its bounds", () => {
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 1000; index++) {
    const seat = seatOf(index, 1000, 1);
    for (let round = 0; round < 10; round++) {
      const number = seat.between(0, 3);
      counts[number] = (counts[number] ?? Number.NaN) + 1;
    }
  }
  for (const count of counts) expect(Math.abs(count - 2500)).toBeLessThan(250);
  const { pick } = seatOf(0, 1, 1);
  expect(["a", "b"]).toContain(pick(["a", "b"]));
  expect(() => pick([])).toThrow("an empty list");
});
