/** The results of a benchmark: the raw outcome of every run, from which all tables and plots are made. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PackageImport } from "../import/package-import.ts";
import type { Outcome } from "../load/load.ts";
import type { Machine } from "../system/machine.ts";

/** One run of one server. */
export interface Run {
  readonly scenario: string;
  readonly server: string;
  /** Counted from 1. Ratios compare runs of the same round. */
  readonly round: number;
  readonly outcome: Outcome;
}

/** A measured server. */
export interface MeasuredServer {
  readonly name: string;
  readonly title: string;
  readonly versions: readonly string[];
}

/** The circumstances of a set of runs. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** How long it took. Results of earlier versions do not say so. */
  readonly seconds?: number;
  readonly servers: readonly MeasuredServer[];
  /** What was not measured, and why. */
  readonly missing: readonly string[];
}

/** A comparison of servers. */
export interface Comparison extends Circumstances {
  readonly runs: readonly Run[];
}

/** One run at one point of a study of growth. */
export interface GrowthRun extends Run {
  readonly study: string;
  /** The value of the quantity that grows. */
  readonly x: number;
}

/** How costs grow. */
export interface Growth extends Circumstances {
  readonly runs: readonly GrowthRun[];
}

/** A run of several processes of one server, with rooms spread over some of them. */
export interface ScalingRun {
  readonly server: string;
  readonly round: number;
  readonly processes: number;
  /** Over how many processes the members of each room are spread. */
  readonly spread: number;
  readonly events: number;
  /** Events that reached members, over all processes. */
  readonly deliveries: number;
  readonly seconds: number;
  /** Processor time in µs: of all processes together, and of the broker. */
  readonly cpu: { readonly servers: number; readonly broker: number };
  /** How often the broker sent each event. */
  readonly copies: number;
  /** How many bytes the broker sent for each event. */
  readonly bytes: number;
  /**
   * Processor time per second in µs, without clients, of processes that have served some; `null` if it was
   * not measured.
   */
  readonly idle: { readonly servers: number; readonly broker: number } | null;
}

/** A process while events go to rooms in which it has no members. */
export interface BystanderRun {
  readonly server: string;
  readonly round: number;
  /** Events per second: the intended rate, and the actual one. */
  readonly offered: number;
  readonly rate: number;
  /** Processor time of that process per second, in µs. */
  readonly cpu: number;
}

/** The counts of a scaling run. */
export interface ScalingSize {
  /** How many processes serve together, one number for each run. */
  readonly processes: readonly number[];
  readonly rooms: number;
  /** Members of each room. */
  readonly members: number;
  /** Events per second; `null` for as many as the processes accept. */
  readonly rate: number | null;
  /** How many events are measured. */
  readonly events: number;
  /** Warm-up events for each process, for compilers and caches to settle. */
  readonly warmUp: number;
  /** Events per second to rooms of other processes, one number for each run. */
  readonly foreignRates: readonly number[];
  /** How long each of these runs lasts, in seconds. */
  readonly foreignSeconds: number;
  /** How long the largest fleet first rests and is then measured without clients, in seconds. */
  readonly idle: { readonly rest: number; readonly seconds: number };
  /** How many clients return after all were cut off, and how many events each has missed. */
  readonly returns: { readonly clients: number; readonly missed: number };
}

/** How costs grow with the number of processes. */
export interface Scaling extends Circumstances {
  readonly size: ScalingSize;
  readonly returns: readonly ReturnRun[];
  readonly runs: readonly ScalingRun[];
  readonly bystanders: readonly BystanderRun[];
}

/** A run in which all clients are cut off and return to the last process. */
export interface ReturnRun {
  readonly server: string;
  readonly round: number;
  readonly processes: number;
  readonly clients: number;
  /** How many events each client had missed. */
  readonly missed: number;
  readonly seconds: number;
  /** Processor time in µs: of all processes together, and of the broker. */
  readonly cpu: { readonly servers: number; readonly broker: number };
}

/** What it costs to import the package, and to download it. */
export interface Imports extends Omit<Circumstances, "machine" | "servers" | "missing"> {
  readonly nodes: readonly ImportsOnNode[];
  /** The size of the package's tarball, in bytes. */
  readonly tarball: number;
}

/** The imports on one version of Node, round by round. */
export interface ImportsOnNode {
  readonly version: string;
  readonly ours: readonly PackageImport[];
  /** The same for socket.io. */
  readonly theirs: readonly PackageImport[];
}

/** The content of the results file. */
export interface Results {
  readonly comparison?: Comparison;
  readonly imports?: Imports;
  readonly growth?: Growth;
  readonly scaling?: Scaling;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The results that docs/performance.md shows. */
export const latestPath = join(root, "bench/results/latest.json");
/** The results of the last partial run; not in Git. */
export const lastRunPath = join(root, "bench/results/last-run.json");

/** Reads results; an empty object if there is no file. */
export function readResults(path: string): Results {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : {};
}

/** Writes results, rounded to significant digits. */
export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, (_, value) => rounded(value), 2)}\n`);
  if (path !== latestPath) return;
  // This file is in the repository, so lint checks its format.
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  spawnSync(process.execPath, [biome, "format", "--write", path], { cwd: root, stdio: "ignore" });
}

function rounded(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
