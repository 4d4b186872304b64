/** Roomcast's own metrics as observable instruments, which are read whenever OpenTelemetry collects. */

import type { BatchObservableCallback, Meter, Observable } from "@opentelemetry/api";
import type { Metric } from "../metrics/metric.ts";
import { instrumentOf } from "./names.ts";

/** A metric, without its samples. */
export interface InstrumentDescription {
  readonly name: string;
  readonly type: Metric["type"];
  readonly help: string;
  readonly unit?: string;
}

/**
 * Creates the instruments.
 *
 * @param meter - makes them
 * @param known - all metrics; histograms are left out, because OpenTelemetry cannot observe these
 * @param read - reads the metrics of this process
 * @returns a function that stops observing
 */
export function observeMetrics(
  meter: Meter,
  known: readonly InstrumentDescription[],
  read: () => Promise<readonly Metric[]>,
): () => void {
  const instruments = new Map<string, Observable>();
  for (const metric of known) {
    if (metric.type === "histogram") continue;
    const { name, unit } = instrumentOf(metric);
    const options = { description: metric.help, unit };
    instruments.set(
      metric.name,
      metric.type === "counter"
        ? meter.createObservableCounter(name, options)
        : meter.createObservableGauge(name, options),
    );
  }
  const observe: BatchObservableCallback = async (result) => {
    for (const metric of await read()) {
      const instrument = instruments.get(metric.name);
      if (instrument === undefined || metric.type === "histogram") continue;
      for (const { value, labels } of metric.samples) result.observe(instrument, value, labels);
    }
  };
  const observables = [...instruments.values()];
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}
