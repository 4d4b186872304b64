/** Whether two objects have the same hidden class. One that each object has of its own stays in the old part of the heap. */

import { setFlagsFromString } from "node:v8";

setFlagsFromString("--allow-natives-syntax");

export const haveSameHiddenClass = new Function("one", "other", "return %HaveSameMap(one, other)") as (
  one: object,
  other: object,
) => boolean;
