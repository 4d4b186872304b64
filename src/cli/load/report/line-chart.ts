/** Charts as SVG: lines over time, with their latest values, and a table of the same for those that read. */

import { type Axis, axisTo, shortNumber } from "./axis.ts";
import { escapeHtml } from "./markup.ts";

/** One line. */
export interface ChartSeries {
  readonly name: string;
  /** The number of its colour, from 1 to 4. */
  readonly colour: number;
  /** `null` where there is no value: the line has a gap. */
  readonly values: readonly (number | null)[];
}

/** A chart. */
export interface ChartData {
  readonly title: string;
  /** Stands behind the title, as in "ms". */
  readonly unit: string;
  /** Where values stand, ascending. */
  readonly places: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Texts below the axis. */
  readonly marks: readonly { readonly place: number; readonly text: string }[];
  /** The name of each place, where it is no time. */
  readonly names?: readonly string[];
  /** The least end of the vertical axis. */
  readonly least?: number;
}

const [width, height] = [520, 210];
const edge = { left: 52, right: 12, top: 10, bottom: 26 } as const;

/** Where the plot begins and ends, as parts of the whole width: the page's script needs to know. */
export const plotSpan = [edge.left / width, (width - edge.right) / width] as const;

/** Draws a chart as a figure. */
export function drawChart(chart: ChartData): string {
  const { title, unit, series, places, marks } = chart;
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const axis = axisTo(Math.max(0, ...known), chart.least);
  const first = places[0] ?? 0;
  const span = Math.max(1e-9, (places.at(-1) ?? 1) - first);
  const x = (place: number) => round(edge.left + ((place - first) / span) * (width - edge.left - edge.right));
  const y = (value: number) =>
    round(height - edge.bottom - (value / axis.top) * (height - edge.top - edge.bottom));
  const label = `${title}, in ${unit}. ${series.map((line) => summary(line, unit)).join(" ")}`;
  return `<figure class="chart" data-chart>
<figcaption><h3>${escapeHtml(title)} <span class="unit">${escapeHtml(unit)}</span></h3>${legend(series)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">
${gridOf(axis, y)}
${marks.map(({ place, text }) => `<text class="tick" x="${x(place)}" y="${height - 8}" text-anchor="middle">${escapeHtml(text)}</text>`).join("")}
${series.map(({ colour, values }) => lineOf(colour, values, (index) => x(places[index] ?? 0), y)).join("\n")}
<line class="cursor" y1="${edge.top}" y2="${height - edge.bottom}" x1="0" x2="0" visibility="hidden"/>
</svg>
<p class="readout" data-readout aria-hidden="true"></p>
</figure>`;
}

function summary({ name, values }: ChartSeries, unit: string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: no values.`;
  return `${name}: at most ${shortNumber(Math.max(...known))} ${unit}.`;
}

function legend(series: readonly ChartSeries[]): string {
  const entries = series.map(
    ({ name, colour }) => `<span class="entry"><i class="swatch c${colour}"></i>${escapeHtml(name)}</span>`,
  );
  return `<p class="legend">${entries.join("")}</p>`;
}

function gridOf({ ticks }: Axis, y: (value: number) => number): string {
  return ticks
    .map(
      (tick) =>
        `<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text class="tick" x="${edge.left - 8}" y="${y(tick) + 4}" text-anchor="end">${shortNumber(tick)}</text>`,
    )
    .join("");
}

/** A line, with points where a value stands alone. */
function lineOf(
  colour: number,
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let dots = "";
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const before = values[index - 1] ?? null;
    const after = values[index + 1] ?? null;
    path += `${before === null ? "M" : "L"}${x(index)} ${y(value)}`;
    if (before === null && after === null)
      dots += `<circle class="f${colour}" cx="${x(index)}" cy="${y(value)}" r="2.5"/>`;
  }
  return `<path class="line c${colour}" d="${path}"/>${dots}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
