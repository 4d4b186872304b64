/** Collects samples and puts them into the metrics of the catalogue. */

import { catalogue, definitionOf, type MetricName } from "./catalogue.ts";
import type { HistogramSample, Metric, MetricDescription, MetricLabels, ValueSample } from "./metric.ts";

/** The samples of one collection. */
export class Samples {
  readonly #values = new Map<MetricName, ValueSample[]>();

  /** Adds the value of a counter or gauge. */
  add(name: MetricName, value: number, labels: MetricLabels = {}): void {
    const samples = this.#values.get(name);
    if (samples === undefined) this.#values.set(name, [{ labels, value }]);
    else samples.push({ labels, value });
  }

  /** Adds one value for each entry of a table, whose keys are the values of one label. */
  addAll(name: MetricName, label: string, values: Readonly<Record<string, number>>): void {
    for (const [key, value] of Object.entries(values)) this.add(name, value, { [label]: key });
  }

  /** The metrics that have samples, in the order of the catalogue. */
  metrics(): Metric[] {
    const names = Object.keys(catalogue) as MetricName[];
    return names.flatMap((name) => {
      const samples = this.#values.get(name);
      return samples === undefined ? [] : [metricOf(name, samples, [])];
    });
  }
}

/** A metric of the catalogue with its samples: those of its type. */
function metricOf(
  name: MetricName,
  values: readonly ValueSample[],
  histograms: readonly HistogramSample[],
): Metric {
  const { type, help, unit } = definitionOf(name);
  const description: MetricDescription = unit === null ? { name, help } : { name, help, unit };
  return type === "histogram"
    ? { ...description, type, samples: histograms }
    : { ...description, type, samples: values };
}
