/** How much memory a test's objects take: measured after a garbage collection, so that only what is still in use counts. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function used(): number {
  // What the first finds to be free, such as memory outside of the heap, a later one returns.
  for (let round = 0; round < 4; round += 1) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Measures how many bytes what `make` returns takes, with all that it keeps alive. Objects are alive until this returns.
 * Other work of the process disturbs it by some hundred kilobytes.
 */
export function heldBytes(make: () => unknown): number {
  const before = used();
  const made = make();
  const after = used();
  // Named once more, or the engine would see that nobody needs it.
  void [made].length;
  return after - before;
}
