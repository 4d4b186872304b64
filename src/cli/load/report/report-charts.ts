/** Which charts a report has, and what they show. */

import { showDuration } from "../../input/duration.ts";
import type { LoadFigures, LoadSample } from "../measure/load-figures.ts";
import { distributionParts } from "../measure/load-figures.ts";
import { axisTo, shortNumber } from "./axis.ts";
import type { ChartData, ChartSeries } from "./line-chart.ts";

/** Moments that a chart shows at most; of longer runs, several seconds are one moment. */
const mostMoments = 300;

/** The charts over time, and the one of how durations are spread. */
export function chartsOf(figures: LoadFigures): ChartData[] {
  const moments = joinedSamples(figures.samples);
  const places = moments.map(({ time }) => time);
  const marks = timeMarks(places);
  const line = (name: string, colour: number, read: (sample: LoadSample) => number | null): ChartSeries => ({
    name,
    colour,
    values: moments.map(read),
  });
  const over = (title: string, unit: string, series: ChartSeries[], least = 1): ChartData[] =>
    series.some(({ values }) => values.some((value) => value !== null))
      ? [{ title, unit, places, marks, series, least }]
      : [];
  const events = [line("sent", 1, ({ sent }) => sent), line("received", 2, ({ received }) => received)];
  if (figures.answers.count > 0) events.push(line("answers", 3, ({ answered }) => answered));
  return [
    ...over("Clients", "connected", [line("clients", 1, ({ clients }) => clients)]),
    ...over("Events", "a second", events),
    ...over("Lag", "ms", [line("p50", 1, ({ lagP50 }) => lagP50), line("p99", 2, ({ lagP99 }) => lagP99)]),
    ...over("Answers", "ms", [
      line("p50", 1, ({ answerP50 }) => answerP50),
      line("p99", 2, ({ answerP99 }) => answerP99),
    ]),
    ...spreadChart(figures),
    ...over("Bytes", "kB a second", [
      line("to the server", 1, ({ bytesOut }) => bytesOut / 1000),
      line("from the server", 2, ({ bytesIn }) => bytesIn / 1000),
    ]),
    ...(figures.samples.some(({ failed }) => failed > 0)
      ? over("Failures", "in a second", [line("failures", 4, ({ failed }) => failed)])
      : []),
    ...over("This program: processor", "% of a core", [line("processor", 3, ({ cpu }) => cpu * 100)], 100),
    ...over("This program: late timers", "ms", [line("p99", 3, ({ delay }) => delay)]),
  ];
}

/** What a chart says of each place, as one line. */
export function readoutsOf({ places, series, unit, names }: ChartData): string[] {
  return places.map((place, index) => {
    const at = names?.[index] ?? `${Math.round(place)} s`;
    const values = series.flatMap(({ name, values: all }) => {
      const value = all[index] ?? null;
      if (value === null) return [];
      return `${name} ${unit === "ms" ? showDuration(value) : shortNumber(value)}`;
    });
    return [at, ...values].join("   ");
  });
}

/** Durations by the part of events that took no longer: each nine of that part is as wide as the other. */
function spreadChart({ distributions }: LoadFigures): ChartData[] {
  const kinds = ["connects", "answers", "lag"] as const;
  const series = kinds.flatMap((name, index) => {
    const values = distributions[name];
    return values === null ? [] : [{ name, colour: index + 1, values }];
  });
  if (series.length === 0) return [];
  const places = distributionParts.map((part) => -Math.log10(Math.max(1e-5, 1 - part)));
  const names = distributionParts.map((part) =>
    part === 0 ? "min" : part === 1 ? "max" : `p${Number((part * 100).toFixed(2))}`,
  );
  const marked = new Set(["p50", "p90", "p99", "p99.9", "max"]);
  const marks = names.flatMap((text, index) => (marked.has(text) ? { place: places[index] ?? 0, text } : []));
  return [
    {
      title: "Spread of durations",
      unit: "ms",
      places,
      series,
      marks,
      names,
    },
  ];
}

/** Several seconds as one, where there are very many. */
function joinedSamples(samples: readonly LoadSample[]): LoadSample[] {
  const size = Math.ceil(samples.length / mostMoments);
  if (size <= 1) return [...samples];
  const joined: LoadSample[] = [];
  for (let start = 0; start < samples.length; start += size)
    joined.push(joinOf(samples.slice(start, start + size)));
  return joined;
}

/** Rates become means; durations and what went wrong the greatest. */
function joinOf(samples: readonly LoadSample[]): LoadSample {
  const mean = (read: (sample: LoadSample) => number) =>
    samples.reduce((sum, sample) => sum + read(sample), 0) / samples.length;
  const most = (read: (sample: LoadSample) => number | null) => {
    const known = samples.map(read).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const last = samples.at(-1);
  return {
    time: last?.time ?? 0,
    clients: last?.clients ?? 0,
    connects: mean(({ connects }) => connects),
    sent: mean(({ sent }) => sent),
    received: mean(({ received }) => received),
    answered: mean(({ answered }) => answered),
    bytesIn: mean(({ bytesIn }) => bytesIn),
    bytesOut: mean(({ bytesOut }) => bytesOut),
    failed: most(({ failed }) => failed) ?? 0,
    lagP50: most(({ lagP50 }) => lagP50),
    lagP99: most(({ lagP99 }) => lagP99),
    answerP50: most(({ answerP50 }) => answerP50),
    answerP99: most(({ answerP99 }) => answerP99),
    cpu: most(({ cpu }) => cpu) ?? 0,
    delay: most(({ delay }) => delay) ?? 0,
  };
}

function timeMarks(places: readonly number[]): ChartData["marks"] {
  const [first, last] = [places[0] ?? 0, places.at(-1) ?? 0];
  const { ticks } = axisTo(last, 1);
  return ticks
    .filter((tick) => tick >= first && tick <= last)
    .map((place) => ({ place, text: `${Number(place.toFixed(1))} s` }));
}
