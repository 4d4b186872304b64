/** Adds the metrics of several processes, as the catalogue says for each. */

import { type Aggregation, definitionOf, type MetricName } from "./catalogue.ts";
import type { HistogramSample, Metric, MetricLabels, ValueSample } from "./metric.ts";
import { metricNames, metricOf } from "./samples.ts";

/** The metrics of all processes together. */
export function sumMetrics(processes: readonly (readonly Metric[])[]): Metric[] {
  const found = new Map<string, Metric[]>();
  for (const metric of processes.flat()) {
    const same = found.get(metric.name);
    if (same === undefined) found.set(metric.name, [metric]);
    else same.push(metric);
  }
  return metricNames.flatMap((name) => {
    const metrics = found.get(name);
    return metrics === undefined ? [] : [sumOf(name, metrics)];
  });
}

/** The metrics that stay true when their process has ended: counters and histograms. */
export function lastingMetrics(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ type }) => type !== "gauge");
}

function sumOf(name: MetricName, metrics: readonly Metric[]): Metric {
  const { aggregation } = definitionOf(name);
  const values = new Map<string, ValueSample>();
  const histograms = new Map<string, HistogramSample>();
  for (const metric of metrics) {
    if (metric.type === "histogram") {
      for (const sample of metric.samples) merge(histograms, sample, addHistograms);
    } else {
      for (const sample of metric.samples) {
        merge(values, sample, (a, b) => ({ ...a, value: combine(aggregation, a.value, b.value) }));
      }
    }
  }
  return metricOf(name, [...values.values()], [...histograms.values()]);
}

function merge<Sample extends { readonly labels: MetricLabels }>(
  samples: Map<string, Sample>,
  sample: Sample,
  add: (a: Sample, b: Sample) => Sample,
): void {
  // All processes name labels in the same order.
  const key = JSON.stringify(sample.labels);
  const known = samples.get(key);
  samples.set(key, known === undefined ? sample : add(known, sample));
}

function combine(aggregation: Aggregation, a: number, b: number): number {
  if (aggregation === "sum") return a + b;
  return aggregation === "max" ? Math.max(a, b) : Math.min(a, b);
}

function addHistograms(a: HistogramSample, b: HistogramSample): HistogramSample {
  const buckets = a.buckets.map(({ upTo, count }, index) => ({
    upTo,
    count: count + (b.buckets[index]?.count ?? 0),
  }));
  return { labels: a.labels, count: a.count + b.count, sum: a.sum + b.sum, buckets };
}
