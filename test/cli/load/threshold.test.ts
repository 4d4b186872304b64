import picocolors from "picocolors";
import { expect, it } from "vitest";
import { LatencyHistogram } from "../../../src/cli/load/latency-histogram.ts";
import {
  figuresOf,
  isBottleneck,
  type LoadFigures,
  showFigures,
} from "../../../src/cli/load/load-figures.ts";
import { readThreshold } from "../../../src/cli/load/threshold.ts";

function figures(changes: Partial<LoadFigures> = {}): LoadFigures {
  const histogram = new LatencyHistogram();
  for (let value = 1; value <= 100; value++) histogram.add(value);
  const latency = figuresOf(histogram);
  const none = figuresOf(new LatencyHistogram());
  return {
    ...{ clients: 2, connected: 2, connects: none, sent: 100, rate: 10, answers: latency, unanswered: 0 },
    ...{ received: 0, lag: none, lost: null, doubles: 0, disorder: 0, bytesIn: 5, bytesOut: 7 },
    ...{ failures: { "403 no": 2 }, disconnects: {}, own: { cpu: 0.5, delay: 1 }, duration: 1000 },
    ...changes,
  };
}

it.each([
  ["p99 > 200ms", false],
  ["p99 > 50ms", true],
  ["answer.p99 >= 99ms", true],
  ["p50 < 1s", true],
  ["lost > 0", false],
  ["refused > 1", true],
  ["unanswered > 0", false],
])("judges %s", (text, isBroken) => {
  expect(readThreshold(text).isBroken(figures())).toBe(isBroken);
});

it.each([
  ["p99", "--fail-if takes a condition such as"],
  ["p98 > 1s", '--fail-if knows no figure "p98".'],
  ["p99 > soon", '"soon" in --fail-if is no duration such as 200ms.'],
  ["lost > x", '"x" in --fail-if is no number.'],
])("says what a condition is in place of %s", (text, message) => {
  expect(() => readThreshold(text)).toThrow(message);
});

it("shows results, and that the program itself was too slow", () => {
  const colors = picocolors.createColors(false);
  const lines = showFigures(figures({ own: { cpu: 0.99, delay: 1 } }), colors);
  expect(lines).toContain(
    "answers   100, 0 missing; p50 50 ms, p90 90 ms, p99 99 ms, p99.9 100 ms, max 100 ms",
  );
  expect(lines).toContain("refused   2 × 403 no");
  expect(lines.at(-1)).toContain("This program was the bottleneck");
  expect(isBottleneck(figures())).toBe(false);
});
