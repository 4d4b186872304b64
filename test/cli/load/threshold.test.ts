import { expect, it } from "vitest";
import { readThreshold } from "../../../src/cli/load/threshold.ts";
import { latencies, loadFigures } from "../../support/load-figures.ts";

it.each([
  ["p99 > 200ms", false],
  ["p99>50ms", true],
  ["p99.9 > 1s", false],
  ["max >= 100ms", true],
  ["mean > 51ms", false],
  ["answer.p99 >= 99ms", true],
  ["connect.p50 > 1ms", false],
  ["p50 < 1s", true],
  ["lost > 0", false],
  ["refused > 1", true],
  ["connected < 4", true],
  ["rate < 10", false],
  ["unanswered > 0", false],
  ["cpu > 90%", false],
])("judges %s", (text, isBroken) => {
  expect(readThreshold(text).isBroken(loadFigures())).toBe(isBroken);
});

it.each([
  ["checkout.p99 > 5ms", true],
  ["orders < 7", false],
  ["orders > 6", true],
  ["refunds > 0", false],
  ["never.p99 > 1h", true],
])("judges what a scenario measures: %s", (text, isBroken) => {
  const figures = loadFigures({ times: { checkout: latencies(10) }, tallies: { orders: 7 } });
  expect(readThreshold(text, true).isBroken(figures)).toBe(isBroken);
});

it.each([
  ["p99", "--fail-if takes a condition such as"],
  ["p98 > 1s", '--fail-if knows no figure "p98".'],
  ["lots > 1", "Did you mean lost?"],
  ["p99 > soon", '"soon" in --fail-if is no duration such as 200ms.'],
  ["lost > x", '"x" in --fail-if is no number.'],
])("says what a condition is in place of %s", (text, message) => {
  expect(() => readThreshold(text)).toThrow(message);
});
