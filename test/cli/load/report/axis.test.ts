import { expect, it } from "vitest";
import { axisTo, shortNumber } from "../../../../src/cli/load/report/axis.ts";

it.each([
  [0, 1, [0, 0.25, 0.5, 0.75, 1]],
  [7, 1, [0, 2, 4, 6, 8]],
  [100, 1, [0, 25, 50, 75, 100]],
  [101, 1, [0, 50, 100, 150]],
  [3, 100, [0, 25, 50, 75, 100]],
  [0.02, 0.01, [0, 0.005, 0.01, 0.015, 0.02]],
])("has round ticks up to %d, at least %d", (greatest, least, ticks) => {
  const axis = axisTo(greatest, least);
  expect(axis.ticks.map((tick) => Number(tick.toFixed(6)))).toEqual(ticks);
  expect(axis.top).toBeGreaterThanOrEqual(Math.max(greatest, least));
});

it.each([
  [0, "0"],
  [0.123456, "0.123"],
  [1234, "1230"],
  [12_345, "12.3 k"],
  [2.5e6, "2.5 M"],
])("shortens %d", (value, text) => {
  expect(shortNumber(value)).toBe(text);
});
