/** Runs garbage collection, for tests that check whether an object is still held. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Frees unreferenced objects. Objects of the current turn of the event loop are freed by a later call. */
export const collectGarbage = runInNewContext("gc") as () => void;
