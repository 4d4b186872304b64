/**
 * All running child processes of the benchmark: none of them outlives it.
 * The benchmark touches no other process.
 */

import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();

/** Remembers a child until it ends. */
export function register(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}
