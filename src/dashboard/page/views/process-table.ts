/** A table of processes with their health. */

import { h } from "../parts/dom.ts";
import { healthOf, type ProcessRow } from "../parts/health.ts";
import { bytes, count, duration, percent, rate, seconds } from "../parts/numbers.ts";
import { Table } from "../parts/table.ts";

/** Makes the table. */
export function processTable(): Table<ProcessRow> {
  return new Table<ProcessRow>({
    caption: "Processes",
    sorting: { order: "label", descending: false },
    empty: "No process has answered yet.",
    columns: [
      {
        title: "Process",
        order: "label",
        key: ({ state }) => state.label,
        cell: ({ state }) => h("strong", {}, state.label),
      },
      {
        title: "Health",
        cell: (row) => {
          const { words, tone } = healthOf(row);
          return h(`span.state.${tone}`, { title: row.state.queue?.error ?? null }, words);
        },
      },
      {
        title: "Clients",
        number: true,
        order: "clients",
        key: ({ state }) => state.clients,
        cell: ({ state }) => count(state.clients),
      },
      {
        title: "Events in",
        number: true,
        order: "in",
        key: ({ rates }) => rates.eventsIn ?? 0,
        cell: ({ rates }) => rate(rates.eventsIn),
      },
      {
        title: "Events out",
        number: true,
        order: "out",
        key: ({ rates }) => rates.eventsOut ?? 0,
        cell: ({ rates }) => rate(rates.eventsOut),
      },
      {
        title: "Processor",
        number: true,
        order: "cpu",
        key: ({ rates }) => rates.cpu ?? 0,
        cell: ({ rates }) => percent(rates.cpu),
      },
      {
        title: "Loop delay",
        number: true,
        order: "loop",
        key: ({ rates }) => rates.loop ?? 0,
        cell: ({ rates }) => seconds(rates.loop),
      },
      {
        title: "Memory",
        number: true,
        order: "memory",
        key: ({ state }) => state.memory.resident,
        cell: ({ state }) => bytes(state.memory.resident),
      },
      {
        title: "Up for",
        number: true,
        order: "uptime",
        key: ({ state }) => state.uptime,
        cell: ({ state }) => duration(state.uptime),
      },
      { title: "Runtime", wide: true, cell: ({ state }) => state.runtime },
    ],
  });
}
