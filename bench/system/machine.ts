/** Describes the machine of a measurement. */

import { spawnSync } from "node:child_process";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Cores } from "./cores.ts";

/** A machine and its state. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** In bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Whether server and load had separate processors. */
  readonly pinned: boolean;
  /** Other load at the start of the benchmark: the load average of the last minute. */
  readonly loadBefore: number;
}

/** Describes this machine. */
export function describeMachine(cores: Cores): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory: totalmem(),
    system: `${platform()} ${release()}, ${arch()}`,
    node: process.versions.node,
    pinned: cores.server !== null,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** The measured commit, with a mark if the working tree has changes. */
export function describeCommit(): string {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty", "--abbrev=10"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : "unknown";
}
