/**
 * Runs a soak for a given time, with the server and its clients in separate processes.
 * Judges the result.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { register } from "../system/child-registry.ts";
import { divideCores, pinned } from "../system/cores.ts";
import type {
  ClientReport,
  FromClients,
  FromServer,
  Population,
  ServerSample,
  ToClients,
  ToServer,
} from "./soak-messages.ts";

/** The share of the time that counts as warm-up: code is compiled, and buffers grow. */
const warmUpShare = 0.25;
/** The allowed growth of the heap after the warm-up, by the best-fitting line, as a share of its mean. */
const heapTolerance = 0.05;
/** How long messages may still be in transit after the last one was sent, in ms. */
const settleTime = 5000;

/** A sample of a soak. */
export interface SoakSample {
  /** Seconds since all clients were connected. */
  readonly seconds: number;
  readonly server: ServerSample;
  readonly clients: ClientReport;
}

/** The settings of a soak. */
export interface SoakPlan {
  readonly population: Population;
  readonly seconds: number;
  /** The time between two samples, in seconds. */
  readonly interval: number;
  /** When slow readers stop reading, in seconds. */
  readonly slowAfter: number;
  readonly onSample?: (sample: SoakSample) => void;
}

/** The result of a soak. */
export interface SoakResult {
  readonly samples: readonly SoakSample[];
  readonly last: SoakSample;
  /**
   * Growth of the heap after the warm-up: from end to end of the best-fitting line, as a share of its mean.
   */
  readonly heapGrowth: number;
  /** The faults found. */
  readonly faults: readonly string[];
}

/** Runs a soak. */
export async function runSoak(plan: SoakPlan): Promise<SoakResult> {
  const cores = divideCores();
  const server = start("soak-server.ts", cores.server === null ? [] : [cores.server]);
  const clients = start("soak-clients.ts", cores.load);
  try {
    const listening = await next<FromServer>(server);
    if (listening.type !== "listening") throw new Error("the server did not listen");
    tell(clients, { type: "connect", port: listening.port, population: plan.population });
    await next<FromClients>(clients);
    await look(server, clients, 0);
    return await watch(plan, server, clients);
  } finally {
    for (const child of [server, clients]) child.kill("SIGKILL");
  }
}

async function watch(plan: SoakPlan, server: ChildProcess, clients: ChildProcess): Promise<SoakResult> {
  const samples: SoakSample[] = [];
  const startedAt = performance.now();
  let isSlow = false;
  for (let seconds = plan.interval; seconds <= plan.seconds; seconds += plan.interval) {
    await sleep(Math.max(0, startedAt + seconds * 1000 - performance.now()));
    const sample = await look(server, clients, seconds);
    samples.push(sample);
    plan.onSample?.(sample);
    if (isSlow || seconds < plan.slowAfter) continue;
    isSlow = true;
    tell(clients, { type: "slow down" });
  }
  tell(clients, { type: "finish" });
  await sleep(settleTime);
  const last = await look(server, clients, plan.seconds);
  const heapGrowth = growthOf(
    samples
      .filter(({ seconds }) => seconds > plan.seconds * warmUpShare)
      .map(({ seconds, server }) => ({ x: seconds, y: server.heap ?? 0 })),
  );
  const faults = [...last.server.faults, ...last.clients.ledger.errors];
  return { samples, last, heapGrowth, faults };
}

/** Whether the heap has stayed level. */
export function isFlat({ heapGrowth }: SoakResult): boolean {
  return heapGrowth < heapTolerance;
}

/** Growth from end to end of the best-fitting line, as a share of the mean. */
export function growthOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  let above = 0;
  let below = 0;
  for (const { x, y } of points) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  const span = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  return below === 0 || meanY === 0 ? 0 : ((above / below) * span) / meanY;
}

async function look(server: ChildProcess, clients: ChildProcess, seconds: number): Promise<SoakSample> {
  tell(clients, { type: "report" });
  const report = await next<FromClients>(clients);
  tell(server, { type: "sample", collect: true });
  const sample = await next<FromServer>(server);
  if (report.type !== "report" || sample.type !== "sample") throw new Error("unexpected answers to a sample");
  return { seconds, server: sample, clients: report };
}

function start(program: string, cores: readonly number[]): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const [file, ...args] = pinned(
    [process.execPath, "--expose-gc", "--no-warnings", "--import", "tsx", path],
    cores,
  );
  const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  register(child);
  return child;
}

function tell(child: ChildProcess, message: ToServer | ToClients): void {
  child.send(message);
}

/** The next message of a process; rejects when the process ends first. */
async function next<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const onExit = () => ended.abort();
  child.once("exit", onExit);
  const [message] = await once(child, "message", { signal: ended.signal });
  child.off("exit", onExit);
  return message;
}
