/** Metrics as plain data: what a server has counted and measured, in the terms of Prometheus. */

/** The labels of a sample, by name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One number of a counter or gauge. */
export interface ValueSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

/** How many observations of a histogram were at most so large. */
export interface MetricBucket {
  /** The upper bound, which belongs to the bucket. */
  readonly upTo: number;
  /** All observations up to that bound: each bucket contains the ones before it. */
  readonly count: number;
}

/** The observations of a histogram. */
export interface HistogramSample {
  readonly labels: MetricLabels;
  /** The number of observations. */
  readonly count: number;
  /** Their sum, in the unit of the metric. */
  readonly sum: number;
  /** By ascending bounds. The bucket without a bound, which contains all observations, is left out. */
  readonly buckets: readonly MetricBucket[];
}

/** What all kinds of metrics have. */
export interface MetricDescription {
  /** The name, by the conventions of Prometheus: `roomcast_connections`. */
  readonly name: string;
  /** What it says, in one sentence. */
  readonly help: string;
  /** The unit of its values, which is a part of its name too; absent where it counts things. */
  readonly unit?: MetricUnit;
}

/** The units of metrics. Times are in seconds, as everywhere in Prometheus. */
export type MetricUnit = "seconds" | "bytes";

/** Counts from the start of the server and never goes back. */
export interface CounterMetric extends MetricDescription {
  readonly type: "counter";
  readonly samples: readonly ValueSample[];
}

/** Describes this moment. */
export interface GaugeMetric extends MetricDescription {
  readonly type: "gauge";
  readonly samples: readonly ValueSample[];
}

/** Says how many observations were how large, from the start of the server. */
export interface HistogramMetric extends MetricDescription {
  readonly type: "histogram";
  readonly samples: readonly HistogramSample[];
}

/** A metric with its present samples, one for each combination of labels. It contains plain data only. */
export type Metric = CounterMetric | GaugeMetric | HistogramMetric;
