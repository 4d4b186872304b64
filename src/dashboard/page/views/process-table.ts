/** A table of processes with their health. */

import type { ProcessState } from "../../api.ts";
import { h } from "../parts/dom.ts";
import type { ProcessRates } from "../parts/history.ts";
import { bytes, count, duration, percent, rate, seconds } from "../parts/numbers.ts";
import { Table } from "../parts/table.ts";

/** One process. */
export interface ProcessRow {
  readonly state: ProcessState;
  readonly rates: ProcessRates;
}

/** How late a loop may be, in seconds, before a process counts as busy. */
const busyLoop = 0.1;

/** How a process is, in words, and how that is coloured. */
export function healthOf({ state, rates }: ProcessRow): { readonly words: string; readonly tone: string } {
  const { ready, queue } = state;
  if (queue !== null && queue.state !== "up") return { words: `message queue ${queue.state}`, tone: "bad" };
  if (!ready) return { words: "takes no clients", tone: "bad" };
  if (rates.loop !== null && rates.loop > busyLoop) return { words: "busy", tone: "fair" };
  return { words: "ready", tone: "good" };
}

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
