/** Measures the memory of a test's objects after garbage collection, so that only live objects count. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function used(): number {
  // Later rounds return what the first one finds free, such as memory outside the heap.
  for (let round = 0; round < 4; round += 1) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Measures the bytes of the object that `make` returns, with everything it keeps alive. The objects stay
 * alive until this function returns. Other work of the process adds noise of some hundred kilobytes.
 */
export function heldBytes(make: () => unknown): number {
  const before = used();
  const made = make();
  const after = used();
  // Used once more, so that the engine cannot collect it earlier.
  void [made].length;
  return after - before;
}
