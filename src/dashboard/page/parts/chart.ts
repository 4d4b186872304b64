/** A chart of the last minutes, with its latest values as text and all of them as a table. */

import uPlot from "uplot";
import { fill, h, setAttributes, setText } from "./dom.ts";
import type { Moment } from "./history.ts";
import { timeOfDay } from "./numbers.ts";
import { onThemeChange } from "./theme.ts";

/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  /** The number of the colour, from 1. */
  readonly colour: number;
  readonly read: (moment: Moment) => number | null;
}

/** What a chart shows. */
export interface ChartSettings {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** Writes a value. */
  readonly format: (value: number | null) => string;
  /** The least span of the vertical axis. */
  readonly least: number;
}

/** How many moments the table shows. */
const tableRows = 10;
/** The least and the greatest span of time that is shown, in seconds. */
const spans = [60, 300] as const;
/** In CSS pixels. */
const height = 132;

/** See the head of this file. */
export class Chart {
  readonly root: HTMLElement;
  readonly #settings: ChartSettings;
  readonly #values: HTMLElement[];
  readonly #canvas = h("div.canvas", { role: "img" });
  readonly #table = h("tbody");
  readonly #details: HTMLDetailsElement;
  #plot: uPlot | null = null;
  #moments: readonly Moment[] = [];

  constructor(settings: ChartSettings) {
    this.#settings = settings;
    const { title, lines } = settings;
    this.#values = lines.map(() => h("span.value"));
    this.#details = h(
      "details.as-table",
      { ontoggle: () => this.#drawTable() },
      h("summary", {}, "Table", h("span.only-read", {}, ` of ${title.toLowerCase()}`)),
      h(
        "table",
        {},
        h("caption.only-read", {}, title),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["Time", ...lines.map(({ name }) => name)].map((name, index) =>
              h(index === 0 ? "th" : "th.number", { scope: "col" }, name),
            ),
          ),
        ),
        this.#table,
      ),
    );
    this.root = h(
      "figure.chart",
      {},
      h(
        "figcaption",
        {},
        h("h3", {}, title),
        h(
          "p.legend",
          {},
          ...lines.map(({ name, colour }, index) =>
            h(
              "span.entry",
              {},
              h(`span.swatch.colour-${colour}`, { "aria-hidden": "true" }),
              `${name} `,
              this.#values[index] ?? "",
            ),
          ),
        ),
      ),
      this.#canvas,
      this.#details,
    );
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
    onThemeChange(() => this.#rebuild());
  }

  /** Draws moments. */
  draw(moments: readonly Moment[]): void {
    this.#moments = moments;
    const { lines, format, title } = this.#settings;
    const last = moments.at(-1);
    const texts = lines.map(({ read }) => format(last === undefined ? null : read(last)));
    for (const [index, text] of texts.entries()) {
      const value = this.#values[index];
      if (value !== undefined) setText(value, text);
    }
    const spoken = lines.map(({ name }, index) => `${name} ${texts[index]}`).join(", ");
    setAttributes(this.#canvas, { "aria-label": `${title} over the last minutes. Now: ${spoken}.` });
    if (this.#plot === null) this.#rebuild();
    else this.#plot.setData(this.#data());
    this.#drawTable();
  }

  #data(): uPlot.AlignedData {
    const { lines } = this.#settings;
    return [
      this.#moments.map(({ time }) => time),
      ...lines.map(({ read }) => this.#moments.map((moment) => read(moment))),
    ];
  }

  #resize(): void {
    const width = this.#canvas.clientWidth;
    if (this.#plot === null) this.#rebuild();
    else if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height });
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = null;
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    const { lines, format, least } = this.#settings;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--muted"),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: colour("--grid"), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width,
        height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_plot, low, high) => [high - spanOf(high - low), high] },
          y: { range: (_plot, _low, high) => [0, Math.max(least, (high ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 22,
            space: 64,
            values: (_plot, ticks) =>
              ticks.map((tick) => timeOfDay(tick * 1000).slice(0, tick % 60 === 0 ? 5 : 8)),
          },
          { ...axis, size: 62, space: 30, values: (_plot, ticks) => ticks.map((tick) => format(tick)) },
        ],
        series: [
          {},
          ...lines.map((line) => ({
            stroke: colour(`--series-${line.colour}`),
            width: 1.5,
            points: { show: false },
            spanGaps: false,
          })),
        ],
      },
      this.#data(),
      this.#canvas,
    );
  }

  #drawTable(): void {
    if (!this.#details.open) return;
    const { lines, format } = this.#settings;
    fill(
      this.#table,
      ...this.#moments
        .slice(-tableRows)
        .reverse()
        .map((moment) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, timeOfDay(moment.time * 1000)),
            ...lines.map(({ read }) => h("td.number", {}, format(read(moment)))),
          ),
        ),
    );
  }
}

/** How much time a chart shows, in seconds, so that the first lines are no dots. */
function spanOf(known: number): number {
  const [least, greatest] = spans;
  return Math.min(greatest, Math.max(least, known));
}
