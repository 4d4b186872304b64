/** Reads what the dashboard shows out of a server's metrics. */

import type { MetricName } from "../../observe/metrics/catalogue.ts";
import type { HistogramSample, Metric, MetricLabels } from "../../observe/metrics/metric.ts";
import type { Durations, EventState, Traffic } from "../api.ts";
import { addDurations, noDurations } from "./durations.ts";

/** The metrics that are read here, by what they tell. */
const names = {
  eventsIn: "roomcast_events_received_total",
  eventsOut: "roomcast_events_sent_total",
  bytesIn: "roomcast_received_bytes_total",
  bytesOut: "roomcast_sent_bytes_total",
  errors: "roomcast_handler_errors_total",
  handlers: "roomcast_handler_duration_seconds",
  connections: "roomcast_connections",
  loop: "roomcast_event_loop_delay_seconds",
  returns: "roomcast_recovery_returns_total",
  expired: "roomcast_recovery_expired_total",
} as const satisfies Readonly<Record<string, MetricName>>;

/** The traffic of a process; `null` where it is not counted. */
export function trafficOf(metrics: readonly Metric[]): Traffic | null {
  const durations = samplesOf(metrics, names.handlers);
  const handlers = durations.reduce((sum, sample) => addDurations(sum, durationsOf(sample)), noDurations);
  const counted = [names.eventsIn, names.eventsOut, names.bytesIn, names.bytesOut].some((name) =>
    metrics.some((metric) => metric.name === name),
  );
  if (!counted && durations.length === 0) return null;
  return {
    eventsIn: totalOf(metrics, names.eventsIn),
    eventsOut: totalOf(metrics, names.eventsOut),
    bytesIn: totalOf(metrics, names.bytesIn),
    bytesOut: totalOf(metrics, names.bytesOut),
    errors: totalOf(metrics, names.errors),
    handlers,
  };
}

/** How late the event loop ran its timers; `null` where it is not measured. */
export function loopDelays(metrics: readonly Metric[]): Durations | null {
  const [sample] = samplesOf(metrics, names.loop);
  return sample === undefined ? null : durationsOf(sample);
}

/** Connections by transport. */
export function transportsOf(metrics: readonly Metric[]): Record<string, number> {
  return totalsBy("transport", names.connections, metrics);
}

/** Clients that asked to return, by how it ended, and those that did not come in time. */
export function returnsOf(metrics: readonly Metric[]): Record<string, number> {
  const returns = totalsBy("outcome", names.returns, metrics);
  const expired = totalOf(metrics, names.expired);
  return expired === 0 ? returns : { ...returns, "did not come in time": expired };
}

/** Every kind of event with its numbers. */
export function eventStates(metrics: readonly Metric[]): EventState[] {
  const states = new Map<string, EventState>();
  for (const sample of samplesOf(metrics, names.handlers)) {
    const { namespace, event } = nameOf(sample.labels);
    const key = `${namespace},${event}`;
    const known = states.get(key) ?? { namespace, event, handled: 0, errors: 0, handlers: noDurations };
    const handlers = addDurations(known.handlers, durationsOf(sample));
    states.set(key, { ...known, handled: handlers.count, handlers });
  }
  for (const metric of metrics) {
    if (metric.name !== names.errors || metric.type === "histogram") continue;
    for (const { labels, value } of metric.samples) {
      const { namespace, event } = nameOf(labels);
      const known = states.get(`${namespace},${event}`);
      if (known !== undefined)
        states.set(`${namespace},${event}`, { ...known, errors: known.errors + value });
    }
  }
  return [...states.values()];
}

function nameOf({ namespace = "", event = "" }: MetricLabels) {
  return { namespace, event };
}

function samplesOf(metrics: readonly Metric[], name: string): readonly HistogramSample[] {
  return metrics.flatMap((metric) =>
    metric.name === name && metric.type === "histogram" ? metric.samples : [],
  );
}

/** The values of a metric by one of its labels. */
function totalsBy(label: string, name: MetricName, metrics: readonly Metric[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const metric of metrics) {
    if (metric.name !== name || metric.type === "histogram") continue;
    for (const { labels, value } of metric.samples) {
      const key = labels[label] ?? "";
      totals[key] = (totals[key] ?? 0) + value;
    }
  }
  return totals;
}

function totalOf(metrics: readonly Metric[], name: string): number {
  let total = 0;
  for (const metric of metrics) {
    if (metric.name !== name || metric.type === "histogram") continue;
    for (const { value } of metric.samples) total += value;
  }
  return total;
}

function durationsOf({ count, sum, buckets }: HistogramSample): Durations {
  return {
    count,
    sum,
    bounds: buckets.map(({ upTo }) => upTo),
    counts: buckets.map((bucket) => bucket.count),
  };
}
