/** About how many bytes something takes that a client sent and that waits for its turn. */

import { weightOf } from "../../base/weight.ts";

/** What stands around the values: the promises and functions that wait for the turn. */
const overhead = 1024;

/** See above. */
export function waitingWeight(values: unknown): number {
  return overhead + weightOf(values);
}
