/** The memory of something that a client sent and that waits for its turn, in bytes, approximately. */

import { weightOf } from "../../base/weight.ts";

/** The promises and functions around the values. */
const overhead = 1024;

/** Estimates the bytes of values that a client sent. */
export function waitingWeight(values: unknown): number {
  return overhead + weightOf(values);
}
