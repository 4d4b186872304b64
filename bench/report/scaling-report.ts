/** Writes docs/scaling-figures.md and its plots from results. Measures nothing. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BystanderRun, ReturnRun, Scaling, ScalingRun } from "../compare/results.ts";
import { spreadsOf } from "../scaling/scaling.ts";
import { scalingStanding, scalingTargets } from "../scaling/scaling-targets.ts";
import { medianOf } from "../system/statistics.ts";
import { lineChart } from "./line-chart.ts";
import { formatNumber, formatTable } from "./text.ts";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));

/** The colours of the lines, borrowed from other servers. */
const colors: Readonly<Record<string, string>> = {
  "roomcast-redis": "roomcast",
  "roomcast-nats": "net",
  "socket.io-redis": "socket.io",
  "socket.io-sharded": "uws",
};

/**
 * Writes the page and its plots.
 *
 * @returns the paths of the written files; an empty list if nothing was measured
 */
export function writeScalingReport(scaling: Scaling | undefined): string[] {
  if (scaling === undefined) return [];
  const { size, servers } = scaling;
  const titles = servers.map(({ title }) => title);
  const cases = size.processes.flatMap((processes) =>
    spreadsOf(processes).map((spread) => ({ processes, spread })),
  );
  const table = (measure: Measure, format = formatNumber) =>
    formatTable(
      ["processes", "members on", ...titles],
      cases.map(({ processes, spread }) => [
        String(processes),
        String(spread),
        ...servers.map(({ name }) => format(over(ofCase(scaling, name, processes, spread), measure))),
      ]),
    );
  const files = new Map<string, string>();
  files.set(join(docs, "scaling-figures.md"), `${page(scaling, table).join("\n\n")}\n`);
  files.set(join(docs, "scaling/cpu.svg"), cpuChart(scaling));
  files.set(join(docs, "scaling/elsewhere.svg"), elsewhereChart(scaling));
  mkdirSync(join(docs, "scaling"), { recursive: true });
  for (const [path, content] of files) writeFileSync(path, content);
  return [...files.keys()];
}

function page(scaling: Scaling, table: Table): string[] {
  const { size, servers, runs, rounds, missing, machine, date, commit } = scaling;
  const connections = size.rooms * size.members;
  const most = Math.max(...size.processes);
  return [
    "# Many processes: figures",
    "<!-- Made by `npm run bench -- --scaling` (or `--report`) from bench/results/latest.json. Changes by hand are lost. -->",
    `What an event costs when several processes serve together, next to socket.io with its Redis adapters. \`npm run bench -- --scaling\` measures it and writes this page; [Many processes](scaling.md#how-far-it-goes) explains what follows from it.`,
    `There are ${size.rooms} rooms of ${size.members} members, ${connections} connections in all. The members of a room are on one, on two or on all of the processes. A member sends an event of 100 bytes to its room, and every member receives it, the sender included. ${size.rate === null ? "256 events are in flight at once" : `${size.rate} events are sent per second`}; ${formatNumber(size.events)} are measured after a warm-up of ${formatNumber(size.warmUp)} for each process. A run fails if it loses a message or delivers one too many.`,
    "## What the broker sends",
    "How often the broker sends each event, counted at the broker from the bytes that it sends with longer and with shorter payloads. Redis also sends an event back to the process that published it, if that process has members of the room; NATS does not.",
    // A longer payload also needs longer length numbers around it, which explains the hundredths.
    table(
      ({ copies }) => copies,
      (count) => String(Number(count.toFixed(1))),
    ),
    "## Processor time",
    `User and system time of all server processes together for each event that reaches a member, in µs. All processes and the broker share one core, so the figures include the time lost when they evict each other from its caches, which grows with their number.`,
    "![Processor time for each delivery when members sit on all processes](scaling/cpu.svg)",
    table(({ cpu, deliveries }) => cpu.servers / deliveries),
    "The broker's time per event (not per delivery), in µs:",
    table(({ cpu, events }) => cpu.broker / events),
    `What ${most} processes and their broker use in all without clients, once they have served some and rested for ${size.idle?.rest ?? 0} s, in ms of processor time per second:`,
    formatTable(
      ["", ...servers.map(({ title }) => title)],
      [
        idleRow("the processes", scaling, most, ({ idle }) => (idle?.servers ?? Number.NaN) / 1000),
        idleRow("the broker", scaling, most, ({ idle }) => (idle?.broker ?? Number.NaN) / 1000),
      ],
    ),
    "## Rooms elsewhere",
    "Three processes: two share busy rooms; the third has clients, but none in those rooms. The table shows what the third uses, in percent of a core, at each rate of events to the busy rooms:",
    "![Processor time of a process that has no member of the busy rooms](scaling/elsewhere.svg)",
    elsewhereTable(scaling),
    "From the busiest row: what each such event costs, and how many per second across the cluster would fill a core of a process that has no members of their rooms, at that cost. A busier process wakes up less often for the same number of events, so the real number is rather higher. “∞” means more than a million.",
    formatTable(
      ["", ...servers.map(({ title }) => title)],
      [
        [
          "µs per event elsewhere",
          ...servers.map(({ name }) => formatNumber(Math.max(0, foreignCost(scaling, name)))),
        ],
        [
          "events per second that fill a core",
          ...servers.map(({ name }) => ceiling(foreignCost(scaling, name))),
        ],
      ],
    ),
    ...returnsPart(scaling),
    ...targetPart(scaling),
    "## The machine",
    `${date.slice(0, 10)}, commit ${commit}, ${rounds === 1 ? "one round" : `medians of ${rounds} rounds`}; ${machine.processor}, ${machine.cores} cores; ${machine.system}; Node ${machine.node}; ${machine.pinned ? "servers and broker on one core, load on the others" : "servers and load not tied to cores of their own"}; load average before ${machine.loadBefore.toFixed(2)}.`,
    servers.map(({ title, versions }) => `- ${title}: ${versions.join(", ")}`).join("\n"),
    ...(missing.length === 0 ? [] : [missing.map((reason) => `- ${reason}`).join("\n")]),
    ...(runs.length === 0 ? ["Nothing was measured."] : []),
  ];
}

function idleRow(what: string, { servers, runs }: Scaling, processes: number, measure: Measure): string[] {
  return [
    what,
    ...servers.map(({ name }) =>
      formatNumber(
        over(
          runs.filter((run) => run.server === name && run.processes === processes),
          measure,
        ),
      ),
    ),
  ];
}

type Measure = (run: ScalingRun) => number;
type Table = (measure: Measure, format?: (value: number) => string) => string;

function over(runs: readonly ScalingRun[], measure: Measure): number {
  const median = medianOf(runs.map(measure));
  // A rounded zero has no sign.
  return Math.abs(median) < 0.005 ? 0 : median;
}

function ofCase({ runs }: Scaling, server: string, processes: number, spread: number): ScalingRun[] {
  return runs.filter((run) => run.server === server && run.processes === processes && run.spread === spread);
}

function cpuChart(scaling: Scaling): string {
  const { servers, size } = scaling;
  return lineChart(
    "Processor time for each delivery, members on all processes",
    "processes",
    "µs",
    servers.map(({ name, title }) => ({
      name: colors[name] ?? name,
      title,
      points: size.processes.map((processes) => ({
        x: processes,
        value: over(
          ofCase(scaling, name, processes, processes),
          ({ cpu, deliveries }) => (cpu.servers + cpu.broker) / deliveries,
        ),
      })),
    })),
  );
}

/** The section about returning clients. */
function returnsPart({ returns, size }: Scaling): string[] {
  const cases = [...new Set(returns.map(({ processes }) => processes))];
  if (cases.length === 0) return [];
  const { clients, missed } = size.returns;
  const row = (processes: number) => {
    const runs = returns.filter((run) => run.processes === processes);
    const median = (measure: (run: ReturnRun) => number) => medianOf(runs.map(measure));
    return [
      processes === 1 ? "the same process, from its memory" : "another process, over Redis",
      formatNumber(median((run) => run.clients / run.seconds)),
      formatNumber(median((run) => (run.clients * run.missed) / run.seconds)),
      formatNumber(median((run) => run.cpu.servers / run.clients)),
      formatNumber(median((run) => run.cpu.broker / run.clients)),
    ];
  };
  return [
    "## Clients that come back",
    `With \`recovery\`, ${formatNumber(clients)} clients lose their connections at once, ${missed} events are sent to each client's room, and all clients come back, 64 at a time, each with a handshake and the events that it missed. Each must be told \`recovered: true\` and get all of them. As many have come back before, so the processes are warm.`,
    formatTable(
      [
        "to",
        "returns per second",
        "missed events per second",
        "µs of the processes per return",
        "µs of the broker per return",
      ],
      cases.map(row),
    ),
  ];
}

/** The section about the targets. */
function targetPart(scaling: Scaling): string[] {
  const rows = scalingTargets.flatMap((target) => {
    const spread = scalingStanding(target, scaling);
    if (spread === null) return [];
    const { median, least, most } = spread;
    return [
      [
        target.what,
        target.unit,
        `≤ ${target.bound}`,
        formatNumber(median),
        `${formatNumber(least)}–${formatNumber(most)}`,
        median <= target.bound ? "✓" : "✗",
      ],
    ];
  });
  if (rows.length === 0) return [];
  return [
    "## Targets",
    "The targets that Roomcast sets itself.",
    formatTable(["", "measure", "target", "median", "least–most", ""], rows),
  ];
}

function bystanderOf({ bystanders }: Scaling, server: string, offered: number): number {
  const runs = bystanders.filter((run) => run.server === server && run.offered === offered);
  return medianOf(runs.map(({ cpu }: BystanderRun) => cpu));
}

function elsewhereChart(scaling: Scaling): string {
  return lineChart(
    "A process while rooms elsewhere are busy",
    "events per second to rooms elsewhere",
    "% of a core",
    scaling.servers.map(({ name, title }) => ({
      name: colors[name] ?? name,
      title,
      points: scaling.size.foreignRates.map((rate) => ({
        x: rate,
        value: bystanderOf(scaling, name, rate) / 1e4,
      })),
    })),
  );
}

function elsewhereTable(scaling: Scaling): string {
  return formatTable(
    ["events per second", ...scaling.servers.map(({ title }) => title)],
    scaling.size.foreignRates.map((rate) => [
      formatNumber(rate),
      ...scaling.servers.map(({ name }) => (bystanderOf(scaling, name, rate) / 1e4).toFixed(2)),
    ]),
  );
}

/** The cost of one foreign event to a process without members of its room, in µs. */
function foreignCost(scaling: Scaling, server: string): number {
  const busiest = Math.max(...scaling.size.foreignRates);
  const rates = scaling.bystanders
    .filter((run) => run.server === server && run.offered === busiest)
    .map(({ rate }) => rate);
  return (bystanderOf(scaling, server, busiest) - bystanderOf(scaling, server, 0)) / medianOf(rates);
}

function ceiling(cost: number): string {
  return cost < 1 ? "∞" : formatNumber(1e6 / cost);
}
