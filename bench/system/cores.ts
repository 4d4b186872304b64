/** Which processor serves and which ones make the load. */

import { spawnSync } from "node:child_process";
import { allowedCores } from "./process-usage.ts";

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** The division of the processors. */
export interface Cores {
  /** The one that the server under test has; `null` where processes cannot be tied to one. */
  readonly server: number | null;
  /** The others, which the load generator has. */
  readonly load: readonly number[];
}

/** Gives the server the last processor and the load generator all others, where `taskset` exists and there are two. */
export function divideCores(): Cores {
  const cores = allowedCores();
  const server = cores.at(-1);
  const hasTaskset = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  if (server === undefined || cores.length < 2 || !hasTaskset) return { server: null, load: [] };
  return { server, load: cores.slice(0, -1) };
}

/** The command that runs another one on these processors alone. `taskset` becomes the command, so the pid is its. */
export function pinned(command: Command, cores: readonly number[]): Command {
  return cores.length === 0 ? command : ["taskset", "--cpu-list", cores.join(","), ...command];
}

/** Has this process, with all its threads, run on these processors alone. */
export function pinThisProcess(cores: readonly number[]): void {
  if (cores.length === 0) return;
  spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", cores.join(","), String(process.pid)], {
    stdio: "ignore",
  });
}
