/** Divides the processors between the server and the load. */

import { spawnSync } from "node:child_process";
import { allowedCores } from "./process-usage.ts";

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** The division of the processors. */
export interface Cores {
  /** The processor of the server under test; `null` where processes cannot be pinned. */
  readonly server: number | null;
  /** The other processors, for the load generator. */
  readonly load: readonly number[];
}

/**
 * Gives the last processor to the server and all others to the load generator.
 * Without `taskset` or a second processor, nothing is pinned.
 */
export function divideCores(): Cores {
  const cores = allowedCores();
  const server = cores.at(-1);
  const hasTaskset = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  if (server === undefined || cores.length < 2 || !hasTaskset) return { server: null, load: [] };
  return { server, load: cores.slice(0, -1) };
}

/**
 * Wraps a command so that it runs only on these processors. `taskset` becomes the command and keeps the pid.
 */
export function pinned(command: Command, cores: readonly number[]): Command {
  return cores.length === 0 ? command : ["taskset", "--cpu-list", cores.join(","), ...command];
}

/** Pins this process, with all its threads, to these processors. */
export function pinThisProcess(cores: readonly number[]): void {
  if (cores.length === 0) return;
  spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", cores.join(","), String(process.pid)], {
    stdio: "ignore",
  });
}
