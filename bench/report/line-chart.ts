/** Plots a cost over a growing quantity: one line for each server, the quantity in equal steps. */

import { label, legend, line, picture, round, seriesClass } from "./svg.ts";

/** One server's line. */
export interface Series {
  readonly name: string;
  readonly title: string;
  readonly points: readonly { readonly x: number; readonly value: number }[];
}

const width = 780;
const height = 300;
const left = 70;
const right = 40;
const top = 74;
const bottom = height - 48;

/** Draws the chart. The scale begins at zero, so that a constant cost looks constant. */
export function lineChart(title: string, axis: string, unit: string, series: readonly Series[]): string {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const steps = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const ceiling = niceCeiling(Math.max(...values, Number.MIN_VALUE) * 1.1);
  const place = (x: number) =>
    left + ((width - left - right) * steps.indexOf(x)) / Math.max(1, steps.length - 1);
  const level = (value: number) => bottom - ((bottom - top) * value) / ceiling;
  const content = [
    legend(20, 54, series),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      line(left, level(ceiling * share), width - right, level(ceiling * share), "grid"),
      label({
        x: left - 8,
        y: round(level(ceiling * share) + 4),
        text: String(Number((ceiling * share).toPrecision(3))),
        anchor: "end",
        style: "muted",
      }),
    ]),
    ...steps.map((x) =>
      label({
        x: round(place(x)),
        y: bottom + 18,
        text: x.toLocaleString("en-US").replaceAll(",", " "),
        anchor: "middle",
        style: "muted",
      }),
    ),
    label({ x: width - right, y: bottom + 38, text: axis, anchor: "end", style: "muted" }),
    label({ x: width - right, y: 54, text: unit, anchor: "end", style: "muted" }),
    ...series.flatMap(({ name, points }) => [
      `<path class="${seriesClass(name)}" d="${points
        .map(({ x, value }, index) => `${index === 0 ? "M" : "L"}${round(place(x))} ${round(level(value))}`)
        .join("")}"/>`,
      ...points.map(
        ({ x, value }) =>
          `<circle cx="${round(place(x))}" cy="${round(level(value))}" r="3.5" class="${seriesClass(name)}"/>`,
      ),
    ]),
  ];
  return picture(width, height, title, content);
}

/** The next of 1, 2, 4, 5, 8 or 10 times a power of ten: its quarters are readable numbers. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 5, 8].find((factor) => factor * power >= value) ?? 10);
}
