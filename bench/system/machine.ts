/** On what was measured. */

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
  /** Whether server and load had processors of their own. */
  readonly pinned: boolean;
  /** What else ran when the benchmark began: the load average of the last minute. */
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

/** The commit that is measured, with a mark when the tree has other changes. */
export function describeCommit(): string {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty", "--abbrev=10"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : "unknown";
}
