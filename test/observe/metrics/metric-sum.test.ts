import { expect, it } from "vitest";
import { Histogram } from "../../../src/observe/metrics/histogram.ts";
import { lastingMetrics, sumMetrics } from "../../../src/observe/metrics/metric-sum.ts";
import { Samples } from "../../../src/observe/metrics/samples.ts";

function metricsOf({ connections = 0, greatest = 0, up = 1, times = [] as number[], event = "say" }) {
  const samples = new Samples();
  samples.add("roomcast_connections", connections, { transport: "polling" });
  samples.add("roomcast_greatest_buffered_bytes", greatest);
  samples.add("roomcast_queue_up", up);
  samples.add("roomcast_events_received_total", times.length, { namespace: "/", event });
  const histogram = new Histogram([0.01, 0.1]);
  for (const time of times) histogram.observe(time);
  samples.addHistogram("roomcast_handler_duration_seconds", histogram, { namespace: "/", event });
  return samples.metrics();
}

it("adds counters, histograms and most gauges, and takes the greatest or the least of others", () => {
  const sum = sumMetrics([
    metricsOf({ connections: 2, greatest: 7, times: [0.001, 0.5] }),
    metricsOf({ connections: 3, greatest: 5, up: 0, times: [0.05] }),
    metricsOf({ times: [0.05], event: "other" }),
  ]);
  const byName = new Map(sum.map(({ name, samples }) => [name, samples]));
  expect(byName.get("roomcast_connections")).toEqual([{ labels: { transport: "polling" }, value: 5 }]);
  expect(byName.get("roomcast_greatest_buffered_bytes")).toEqual([{ labels: {}, value: 7 }]);
  expect(byName.get("roomcast_queue_up")).toEqual([{ labels: {}, value: 0 }]);
  expect(byName.get("roomcast_events_received_total")).toEqual([
    { labels: { namespace: "/", event: "say" }, value: 3 },
    { labels: { namespace: "/", event: "other" }, value: 1 },
  ]);
  expect(byName.get("roomcast_handler_duration_seconds")?.[0]).toEqual({
    labels: { namespace: "/", event: "say" },
    count: 3,
    sum: 0.551,
    buckets: [
      { upTo: 0.01, count: 1 },
      { upTo: 0.1, count: 2 },
    ],
  });
});

it("keeps of a process that has ended what it counted, and no gauges", () => {
  expect(lastingMetrics(metricsOf({ connections: 2 })).map(({ name }) => name)).toEqual([
    "roomcast_events_received_total",
    "roomcast_handler_duration_seconds",
  ]);
});
