/**
 * Compares the hidden classes of two objects.
 * A class that belongs to one object alone stays in the old part of the heap.
 */

import { setFlagsFromString } from "node:v8";

setFlagsFromString("--allow-natives-syntax");

export const haveSameHiddenClass = new Function("one", "other", "return %HaveSameMap(one, other)") as (
  one: object,
  other: object,
) => boolean;
