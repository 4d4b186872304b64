/** What a benchmark leaves behind: the raw outcome of every run, from which all tables and plots are made. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../load/load.ts";
import type { Machine } from "../system/machine.ts";

/** One run of one server. */
export interface Run {
  readonly scenario: string;
  readonly server: string;
  /** Counted from 1. Ratios are taken within one. */
  readonly round: number;
  readonly outcome: Outcome;
}

/** A server that was measured. */
export interface MeasuredServer {
  readonly name: string;
  readonly title: string;
  readonly versions: readonly string[];
}

/** What goes for all runs of a set. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly servers: readonly MeasuredServer[];
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
}

/** Servers against each other. */
export interface Comparison extends Circumstances {
  readonly runs: readonly Run[];
}

/** One run at one point of a study of growth. */
export interface GrowthRun extends Run {
  readonly study: string;
  /** The quantity that grows. */
  readonly x: number;
}

/** How costs grow. */
export interface Growth extends Circumstances {
  readonly runs: readonly GrowthRun[];
}

/** Several processes of one server, and rooms whose members are spread over some of them. */
export interface ScalingRun {
  readonly server: string;
  readonly round: number;
  readonly processes: number;
  /** On how many of them the members of each room sit. */
  readonly spread: number;
  readonly events: number;
  /** Events that arrived at members, over all processes. */
  readonly deliveries: number;
  readonly seconds: number;
  /** Processor time, in microseconds: of all processes together, and of the broker. */
  readonly cpu: { readonly servers: number; readonly broker: number };
  /** How often the broker has sent each event. */
  readonly copies: number;
  /** What the broker has sent for each event, in bytes. */
  readonly bytes: number;
  /** What is used in a second while there are no clients, in microseconds. */
  readonly idle: { readonly servers: number; readonly broker: number };
}

/** A process while events go to rooms that it has no member of. */
export interface BystanderRun {
  readonly server: string;
  readonly round: number;
  /** Events a second that were to be, and that were. */
  readonly offered: number;
  readonly rate: number;
  /** Processor time of that process in a second, in microseconds. */
  readonly cpu: number;
}

/** How much of everything there is. */
export interface ScalingSize {
  /** How many processes serve together. */
  readonly processes: readonly number[];
  readonly rooms: number;
  /** Of each room. */
  readonly members: number;
  /** Events a second; `null` for as many as the processes take. */
  readonly rate: number | null;
  /** Events that are measured. */
  readonly events: number;
  /** Events for each process before that, for the compilers and caches to settle. */
  readonly warmUp: number;
  /** Events to rooms elsewhere in a second, as a process sees them that has no member of them. */
  readonly foreignRates: readonly number[];
  /** How long each of these lasts, in seconds. */
  readonly foreignSeconds: number;
  /** Clients that come back after they were all cut off, and how many events each has missed. */
  readonly returns: { readonly clients: number; readonly missed: number };
}

/** How costs grow with processes. */
export interface Scaling extends Circumstances {
  readonly size: ScalingSize;
  readonly returns: readonly ReturnRun[];
  readonly runs: readonly ScalingRun[];
  readonly bystanders: readonly BystanderRun[];
}

/** Clients that have come back after they were all cut off, to the last of several processes. */
export interface ReturnRun {
  readonly server: string;
  readonly round: number;
  readonly processes: number;
  readonly clients: number;
  /** How many events each had missed. */
  readonly missed: number;
  readonly seconds: number;
  /** Processor time, in µs: of all processes together, and of the broker. */
  readonly cpu: { readonly servers: number; readonly broker: number };
}

/** The file's content. */
export interface Results {
  readonly comparison?: Comparison;
  readonly growth?: Growth;
  readonly scaling?: Scaling;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The results that docs/performance.md shows. */
export const latestPath = join(root, "bench/results/latest.json");
/** Those of the last run that was not of everything; not kept by Git. */
export const lastRunPath = join(root, "bench/results/last-run.json");

/** Reads results; none where there is no file. */
export function readResults(path: string): Results {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : {};
}

/** Writes results, with no more digits than mean something. */
export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, (_, value) => rounded(value), 2)}\n`);
  if (path !== latestPath) return;
  // This one is in the repository, whose lint looks at it.
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  spawnSync(process.execPath, [biome, "format", "--write", path], { cwd: root, stdio: "ignore" });
}

function rounded(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
