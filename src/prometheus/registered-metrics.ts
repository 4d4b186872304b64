/** The metrics of a server in a registry of `prom-client`. */

import type { Registry } from "prom-client";
import { RoomcastError } from "../base/errors.ts";
import { definitionOf, type MetricName } from "../observe/metrics/catalogue.ts";
import type { HistogramSample, Metric } from "../observe/metrics/metric.ts";
import { metricNames } from "../observe/metrics/samples.ts";

/** Reads the metrics of a server. */
export type ReadMetrics = () => Promise<readonly Metric[]>;

/** A line of the text format. */
interface RegistryValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Absent where it is the name of the metric. */
  readonly metricName?: string;
}

/** Any of the metrics that a registry takes. */
type AnyMetric = Parameters<Registry["registerMetric"]>[0];

/**
 * Puts the metrics of a server into a registry.
 *
 * @param registry - the registry
 * @param read - reads them, once for each scrape
 * @throws {@link RoomcastError} `ERR_OPTION` where the registry has them already
 */
export function registerAll(
  registry: Pick<Registry, "registerMetric" | "getSingleMetric">,
  read: ReadMetrics,
): void {
  const scrape = new Scrape(read);
  if (metricNames.some((name) => registry.getSingleMetric(name) !== undefined)) {
    throw new RoomcastError(
      "ERR_OPTION",
      'The option "registry" of prometheus() has metrics of Roomcast already. Each server needs a registry of its own: new Registry() of prom-client.',
    );
  }
  for (const name of metricNames) {
    // It has all that a registry asks of its metrics; their classes would keep values of their own.
    registry.registerMetric(new RegisteredMetric(name, scrape) as unknown as AnyMetric);
  }
}

/** Reads the metrics once for all that are asked for in one go, as a registry does. */
class Scrape {
  readonly #read: ReadMetrics;
  #current: Promise<ReadonlyMap<string, Metric>> | null = null;

  constructor(read: ReadMetrics) {
    this.#read = read;
  }

  metrics(): Promise<ReadonlyMap<string, Metric>> {
    if (this.#current === null) {
      this.#current = this.#read().then((metrics) => new Map(metrics.map((metric) => [metric.name, metric])));
      queueMicrotask(() => {
        this.#current = null;
      });
    }
    return this.#current;
  }
}

/** One metric, as a registry knows it. */
class RegisteredMetric {
  /** A registry for OpenMetrics changes it: there, names of counters have no `_total`. */
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly #name: MetricName;
  readonly #scrape: Scrape;

  constructor(name: MetricName, scrape: Scrape) {
    const { help, type, aggregation } = definitionOf(name);
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregation;
    this.#name = name;
    this.#scrape = scrape;
  }

  async get() {
    const metric = (await this.#scrape.metrics()).get(this.#name);
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: metric === undefined ? [] : valuesOf(metric) };
  }

  /** A registry can set its metrics to zero. These are those of the server, and stay. */
  reset(): void {}
}

function valuesOf(metric: Metric): RegistryValue[] {
  if (metric.type !== "histogram") {
    return metric.samples.map(({ labels, value }) => ({ labels, value }));
  }
  return metric.samples.flatMap((sample) => histogramValues(metric.name, sample));
}

function histogramValues(name: string, { labels, count, sum, buckets }: HistogramSample): RegistryValue[] {
  const values: RegistryValue[] = buckets.map(({ upTo, count: value }) => ({
    labels: { le: upTo, ...labels },
    value,
    metricName: `${name}_bucket`,
  }));
  return [
    ...values,
    { labels: { le: "+Inf", ...labels }, value: count, metricName: `${name}_bucket` },
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
