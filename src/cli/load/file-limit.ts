/** How many connections this process may have: each one is an open file. */

import { readFileSync } from "node:fs";
import { usageFailure } from "../exit-code.ts";

/** Files that the process has open besides connections. */
const others = 50;

/**
 * Checks that there can be so many connections.
 *
 * @param readLimits - gives the text of `/proc/self/limits`
 * @throws CommandFailure when there cannot
 */
export function checkFileLimit(
  connections: number,
  readLimits: () => string | undefined = readOwnLimits,
): void {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readLimits() ?? "") ?? [];
  const needed = connections + others;
  if (soft === undefined || Number(soft) >= needed) return;
  throw usageFailure(
    `This process may have ${soft} files open, and the test needs ${needed}. Raise the limit first: ulimit -n ${needed}`,
  );
}

/** Linux alone tells it in a file. */
function readOwnLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return undefined;
  }
}
