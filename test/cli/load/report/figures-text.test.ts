import picocolors from "picocolors";
import { expect, it } from "vitest";
import { ownLimitOf } from "../../../../src/cli/load/measure/load-figures.ts";
import { showFigures, showProgress } from "../../../../src/cli/load/report/figures-text.ts";
import { latencies, loadFigures, loadSample } from "../../../support/load-figures.ts";

const colors = picocolors.createColors(false);

it("shows results", () => {
  expect(showFigures(loadFigures(), colors)).toEqual([
    "clients   2 of 4 connected, 2/s; no times",
    "sent      100 events, 10/s, 7 B",
    "answers   100, 10/s, 0 missing; p50 50 ms, p90 90 ms, p99 99 ms, p99.9 100 ms, max 100 ms",
    "received  0 events, 0/s, 5 B",
    "refused   2 × 403 no",
    "this      50 % of a core, 60 % at most; timers late by 1 ms, events sent 1 ms late (p99): so much of the times may be its own",
  ]);
});

it("shows what became of events, and what a scenario measured", () => {
  const lines = showFigures(
    loadFigures({
      ...{ lag: latencies(10), lost: 1234, gaps: 2, doubles: 3, disorder: 4, untracked: 5 },
      ...{ times: { checkout: latencies(3) }, tallies: { orders: 1e6 } },
      ...{ disconnects: { "ping timeout": 1 }, errors: { "it broke": 2 } },
    }),
    colors,
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      "lag       10 measured; p50 5 ms, p90 9 ms, p99 10 ms, p99.9 10 ms, max 10 ms",
      "order     1 234 lost, 2 missing between others, 3 doubled, 4 out of order, 5 not followed: too many pairs of clients",
      "checkout  3; p50 2 ms, p90 3 ms, p99 3 ms, p99.9 3 ms, max 3 ms",
      "orders    1 000 000",
      "ended     1 × ping timeout",
      "errors    2 × it broke",
    ]),
  );
});

it.each([
  [0.95, 1, "processor", "This program was the bottleneck"],
  [0.6, 80, "processor", "This program was the bottleneck"],
  [0.1, 80, "machine", "Other programs kept this one from its processor"],
  [0.8, 10, null, "10 ms"],
])("says whether it was itself too slow: %d of a core, %d ms late", (cpu, p99, limit, text) => {
  const { own } = loadFigures();
  const figures = loadFigures({ own: { ...own, cpu, delay: { p50: 0, p99, max: p99 } } });
  expect(ownLimitOf(figures)).toBe(limit);
  expect(showFigures(figures, colors).at(-1)).toContain(text);
});

it("shows a run that goes on", () => {
  expect(showProgress(loadSample(12, { sent: 12_345.6, failed: 3 }))).toBe(
    "12 s  2 clients  12 346 sent/s  20 received/s  p99 9 ms  3 failures  25 % CPU",
  );
});
