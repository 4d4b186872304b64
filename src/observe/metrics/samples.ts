/** Collects samples and puts them into the metrics of the catalogue. */

import { catalogue, definitionOf, type MetricName } from "./catalogue.ts";
import type { Histogram } from "./histogram.ts";
import type { HistogramSample, Metric, MetricDescription, MetricLabels, ValueSample } from "./metric.ts";

/** The names of all metrics, in the order of the catalogue. */
export const metricNames: readonly MetricName[] = Object.keys(catalogue) as MetricName[];

/** The samples of one collection. */
export class Samples {
  readonly #values = new Map<MetricName, ValueSample[]>();
  readonly #histograms = new Map<MetricName, HistogramSample[]>();

  /** Adds the value of a counter or gauge. */
  add(name: MetricName, value: number, labels: MetricLabels = {}): void {
    append(this.#values, name, { labels, value });
  }

  /** Adds one value for each entry of a table, whose keys are the values of one label. */
  addAll(name: MetricName, label: string, values: Readonly<Record<string, number>>): void {
    for (const [key, value] of Object.entries(values)) this.add(name, value, { [label]: key });
  }

  /** Adds a histogram. */
  addHistogram(name: MetricName, histogram: Histogram, labels: MetricLabels = {}): void {
    append(this.#histograms, name, histogram.sample(labels));
  }

  /** The metrics that have samples, in the order of the catalogue. */
  metrics(): Metric[] {
    return metricNames.flatMap((name) => {
      const values = this.#values.get(name);
      const histograms = this.#histograms.get(name);
      return values === undefined && histograms === undefined
        ? []
        : [metricOf(name, values ?? [], histograms ?? [])];
    });
  }
}

function append<Sample>(table: Map<MetricName, Sample[]>, name: MetricName, sample: Sample): void {
  const samples = table.get(name);
  if (samples === undefined) table.set(name, [sample]);
  else samples.push(sample);
}

/** A metric of the catalogue with its samples: those of its type. */
export function metricOf(
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
