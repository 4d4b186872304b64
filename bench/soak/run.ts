/**
 * Holds many connections under mixed traffic for a time, and checks every message against a ledger:
 *
 *     npm run soak                                             10 000 connections for 15 minutes
 *     npm run soak -- --minutes 2 --connections 1000 --out x   shorter, with the plots in the folder x
 *     npm run soak -- --minutes 4 --slow-readers 1000          1 000 stop reading after a third of it
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lineChart } from "../report/line-chart.ts";
import { isFlat, runSoak, type SoakSample } from "./soak-plan.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "15" },
    connections: { type: "string", default: "10000" },
    "slow-readers": { type: "string" },
    out: { type: "string", default: "docs/soak" },
  },
});
const [minutes, connections] = [Number(values.minutes), Number(values.connections)];
const compares = values["slow-readers"] !== undefined;
const slowReaders = compares ? Number(values["slow-readers"]) : Math.round(connections / 100);
if (![minutes, connections, slowReaders].every((number) => number >= 0)) {
  console.error("--minutes, --connections and --slow-readers take numbers.");
  process.exit(2);
}
const seconds = minutes * 60;
const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
const milliseconds = (value: number) => Math.round(value * 10) / 10;

/** When slow readers stop reading, in seconds. */
const slowAfter = compares ? seconds / 3 : seconds / 30;
let told = 0;
const result = await runSoak({
  population: { connections, slowReaders, churning: 5, cut: 3, garbage: 2 },
  seconds,
  interval: seconds / 30,
  slowAfter,
  onSample: ({ seconds, server, clients }: SoakSample) => {
    console.log(
      `${Math.round(seconds)} s: ${clients.connected} connected, heap ${megabytes(server.heap ?? 0)} MB, rss ${megabytes(server.rss)} MB, ` +
        `event loop p99 ${milliseconds(server.delay.p99)} ms, answers p99 ${milliseconds(clients.latency.p99)} ms, ` +
        `waiting ${megabytes(server.waiting.all)} MB, ${clients.ledger.errorCount} errors`,
    );
    for (const error of clients.ledger.errors.slice(told)) console.log(error);
    told = clients.ledger.errors.length;
  },
});

const { samples, last, faults } = result;
console.log("The ledger:", last.clients.ledger);
console.log("Connections that ended:", last.server.closed);
console.log(`The heap after its warm-up grew by ${Math.round(result.heapGrowth * 1000) / 10} % of its mean.`);
if (compares) {
  const p99 = (part: readonly SoakSample[]) =>
    part.map(({ clients }) => clients.latency.p99).sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  const before = samples.filter(({ seconds: at }) => at > seconds / 8 && at <= slowAfter);
  const after = samples.filter(({ seconds: at }) => at > slowAfter + seconds / 30);
  const most = Math.max(...samples.map(({ server }) => server.waiting.most));
  console.log(
    `p99 of clients that read: ${milliseconds(p99(before))} ms before, ${milliseconds(p99(after))} ms while ${slowReaders} did not read; ` +
      `at most ${megabytes(most)} MB waited for one, ${megabytes(Math.max(...samples.map(({ server }) => server.waiting.all)))} MB for all; ` +
      `rss ${megabytes(Math.max(...samples.map(({ server }) => server.rss)))} MB at most`,
  );
}

mkdirSync(values.out, { recursive: true });
const points = (value: (sample: SoakSample) => number) =>
  samples
    .filter((_, index) => index % 2 === 1)
    .map((sample) => ({ x: Math.round(sample.seconds / 6) / 10, value: value(sample) }));
// The names select the colours of these servers.
const memory = [
  {
    name: "roomcast",
    title: "heap after a collection",
    points: points(({ server }) => (server.heap ?? 0) / 1e6),
  },
  { name: "uws", title: "resident memory", points: points(({ server }) => server.rss / 1e6) },
];
const delay = [
  { name: "roomcast", title: "event loop, p99", points: points(({ server }) => server.delay.p99) },
  { name: "uws", title: "answers, p99", points: points(({ clients }) => clients.latency.p99) },
];
const title = `${connections} connections for ${minutes} minutes`;
writeFileSync(join(values.out, "memory.svg"), lineChart(`Memory: ${title}`, "minutes", "MB", memory));
writeFileSync(join(values.out, "delay.svg"), lineChart(`Delay: ${title}`, "minutes", "ms", delay));

const complaints = [...faults, ...(compares || isFlat(result) ? [] : ["The heap is not flat."])];
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 ? 1 : 0);
