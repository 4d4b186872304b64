/** Reads metrics the way tests compare them. */

import type { HistogramSample, Metric, MetricLabels } from "roomcast";

/** What can be asked for metrics. */
interface Measured {
  metrics(options?: { local?: boolean }): Promise<Metric[]>;
}

/** The values of one counter or gauge by their labels: `"/ say"` for a namespace and an event. */
export async function valuesOf(server: Measured, name: string): Promise<Record<string, number>> {
  const metric = (await server.metrics()).find((one) => one.name === name);
  const samples = metric === undefined || metric.type === "histogram" ? [] : metric.samples;
  return Object.fromEntries(samples.map(({ labels, value }) => [keyOf(labels), value]));
}

/** The histograms of one metric by their labels. */
export async function histogramsOf(server: Measured, name: string): Promise<Record<string, HistogramSample>> {
  const metric = (await server.metrics()).find((one) => one.name === name);
  const samples = metric?.type === "histogram" ? metric.samples : [];
  return Object.fromEntries(samples.map((sample) => [keyOf(sample.labels), sample]));
}

/** The numbers of observations of one histogram by its labels. */
export async function countsOf(server: Measured, name: string): Promise<Record<string, number>> {
  const samples = Object.entries(await histogramsOf(server, name));
  return Object.fromEntries(samples.map(([key, { count }]) => [key, count]));
}

function keyOf(labels: MetricLabels): string {
  return Object.values(labels).join(" ");
}
