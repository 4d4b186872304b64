/** Results of a load test that never ran. */

import { LatencyHistogram } from "../../src/cli/load/measure/latency-histogram.ts";
import {
  distributionParts,
  figuresOf,
  type LoadFigures,
  type LoadSample,
} from "../../src/cli/load/measure/load-figures.ts";

/** Durations of 1 to `count` ms. */
export function latencies(count: number) {
  const histogram = new LatencyHistogram();
  for (let value = 1; value <= count; value++) histogram.add(value);
  return figuresOf(histogram);
}

/** One second. */
export function loadSample(time: number, changes: Partial<LoadSample> = {}): LoadSample {
  return {
    ...{ time, clients: 2, connects: 0, sent: 10, received: 20, answered: 10, bytesIn: 500, bytesOut: 700 },
    ...{ failed: 0, lagP50: null, lagP99: null, answerP50: 5, answerP99: 9, cpu: 0.25, delay: 1 },
    ...changes,
  };
}

/** Results: two clients, a hundred calls, and two that were refused. */
export function loadFigures(changes: Partial<LoadFigures> = {}): LoadFigures {
  return {
    ...{ clients: 4, connected: 2, connects: latencies(0), connectRate: 2, sent: 100, rate: 10 },
    ...{
      answers: latencies(100),
      unanswered: 0,
      answerRate: 10,
      received: 0,
      receivedRate: 0,
      lag: latencies(0),
    },
    ...{ lost: null, gaps: 0, doubles: 0, disorder: 0, untracked: 0, bytesIn: 5, bytesOut: 7 },
    ...{ failures: { "403 no": 2 }, disconnects: {}, errors: {}, times: {}, tallies: {} },
    own: { cpu: 0.5, peak: 0.6, delay: { p50: 0, p99: 1, max: 2 }, late: latencies(1), memory: 5e7 },
    duration: 1000,
    samples: [loadSample(1), loadSample(2)],
    distributions: { connects: null, answers: distributionParts.map((part) => part * 100), lag: null },
    ...changes,
  };
}
