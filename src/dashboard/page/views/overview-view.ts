/** The first view: figures and charts of all processes together. */

import type { OverviewAnswer } from "../../api.ts";
import { Chart } from "../parts/chart.ts";
import { fill, h, setAttributes, setText } from "../parts/dom.ts";
import { type History, type Moment, total } from "../parts/history.ts";
import { byteRate, bytes, count, rate, seconds } from "../parts/numbers.ts";
import type { View } from "../parts/view.ts";
import { processTable } from "./process-table.ts";

/** The large numbers at the top. */
const figures: readonly {
  readonly name: string;
  readonly read: (overview: OverviewAnswer, moment: Moment | undefined) => string;
}[] = [
  { name: "Clients", read: ({ processes }) => count(total(processes, ({ clients }) => clients)) },
  {
    name: "Rooms",
    read: ({ processes }) => {
      const rooms = total(processes, ({ namespaces }) =>
        namespaces.reduce((sum, each) => sum + each.rooms, 0),
      );
      // A room with members in several processes counts in each.
      return processes.length > 1 && rooms > 0 ? `≤ ${count(rooms)}` : count(rooms);
    },
  },
  { name: "Events in", read: (_overview, moment) => rate(moment?.eventsIn ?? null) },
  { name: "Events out", read: (_overview, moment) => rate(moment?.eventsOut ?? null) },
  { name: "Handlers, p99", read: (_overview, moment) => seconds(moment?.p99 ?? null) },
  { name: "Errors", read: (_overview, moment) => rate(moment?.errors ?? null) },
  { name: "New connections", read: (_overview, moment) => rate(moment?.connects ?? null) },
  { name: "Memory", read: ({ processes }) => bytes(total(processes, ({ memory }) => memory.resident)) },
];

/** See the head of this file. */
export class OverviewView implements View {
  readonly title = "Overview";
  readonly root: HTMLElement;
  readonly #values = figures.map(() => h("dd"));
  readonly #charts: readonly Chart[];
  readonly #queueChart: Chart;
  readonly #processes = processTable();
  readonly #missing = h("p.problem", { hidden: true });

  constructor() {
    this.#charts = [
      new Chart({
        title: "Events",
        lines: [
          { name: "in", colour: 1, read: ({ eventsIn }) => eventsIn },
          { name: "out", colour: 2, read: ({ eventsOut }) => eventsOut },
        ],
        format: rate,
        least: 5,
      }),
      new Chart({
        title: "Handler time",
        lines: [
          { name: "p50", colour: 1, read: ({ p50 }) => p50 },
          { name: "p99", colour: 4, read: ({ p99 }) => p99 },
        ],
        format: seconds,
        least: 0.01,
      }),
      new Chart({
        title: "Connections",
        lines: [
          { name: "WebSocket", colour: 1, read: ({ websocket }) => websocket },
          { name: "long polling", colour: 2, read: ({ polling }) => polling },
        ],
        format: count,
        least: 5,
      }),
      new Chart({
        title: "Bytes",
        lines: [
          { name: "in", colour: 1, read: ({ bytesIn }) => bytesIn },
          { name: "out", colour: 2, read: ({ bytesOut }) => bytesOut },
        ],
        format: byteRate,
        least: 1000,
      }),
      new Chart({
        title: "Event-loop delay",
        lines: [{ name: "p99, slowest process", colour: 3, read: ({ loop }) => loop }],
        format: seconds,
        least: 0.02,
      }),
      new Chart({
        title: "New connections",
        lines: [{ name: "opened", colour: 1, read: ({ connects }) => connects }],
        format: rate,
        least: 1,
      }),
    ];
    this.#queueChart = new Chart({
      title: "Message queue",
      lines: [{ name: "round trip, slowest process", colour: 3, read: ({ queue }) => queue }],
      format: seconds,
      least: 0.01,
    });
    setAttributes(this.#queueChart.root, { hidden: true });
    this.root = h(
      "div",
      {},
      h("h1.only-read", {}, "Overview"),
      this.#missing,
      h(
        "dl.figures",
        {},
        ...figures.map(({ name }, index) => h("div", {}, h("dt", {}, name), this.#values[index] ?? "")),
      ),
      h(
        "section.charts",
        { "aria-labelledby": "charts" },
        h("h2.only-read", { id: "charts" }, "Charts"),
        ...this.#charts.map(({ root }) => root),
        this.#queueChart.root,
      ),
      h("section", {}, h("h2", {}, "Processes"), this.#processes.root),
    );
  }

  start(): void {}

  stop(): void {}

  onOverview(overview: OverviewAnswer, history: History): void {
    const moment = history.moments.at(-1);
    for (const [index, { read }] of figures.entries()) {
      const value = this.#values[index];
      if (value !== undefined) setText(value, read(overview, moment));
    }
    setAttributes(this.#queueChart.root, { hidden: !overview.processes.some(({ queue }) => queue !== null) });
    for (const chart of [...this.#charts, this.#queueChart]) chart.draw(history.moments);
    showMissing(this.#missing, overview.missing);
    this.#processes.show(overview.processes.map((state) => ({ state, rates: history.ratesOf(state.id) })));
  }
}

/** Says which processes did not answer, so that their numbers are missing. */
export function showMissing(place: HTMLElement, missing: readonly string[]): void {
  setAttributes(place, { hidden: missing.length === 0 });
  if (missing.length === 0) return;
  const text = `${missing.length === 1 ? "A process does" : `${missing.length} processes do`} not answer, and what it has is missing here: ${missing.join(", ")}`;
  if (place.textContent !== text) fill(place, text);
}
