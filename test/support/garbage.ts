/** Has the engine look for what nothing holds any more, for tests that ask whether something is still held. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Frees what nothing holds; what a turn of the event loop still holds goes with one of the next calls. */
export const collectGarbage = runInNewContext("gc") as () => void;
