/** How a process is, in words. */

import type { ProcessState } from "../../api.ts";
import type { ProcessRates } from "./history.ts";

/** One process. */
export interface ProcessRow {
  readonly state: ProcessState;
  readonly rates: ProcessRates;
}

/** How late a loop may be, in seconds, before a process counts as busy. */
const busyLoop = 0.1;

/** How a process is, in words, and how that is coloured. */
export function healthOf({ state, rates }: ProcessRow): { readonly words: string; readonly tone: string } {
  const { ready, queue } = state;
  if (queue !== null && queue.state !== "up") return { words: `message queue ${queue.state}`, tone: "bad" };
  if (!ready) return { words: "takes no clients", tone: "bad" };
  if (rates.loop !== null && rates.loop > busyLoop) return { words: "busy", tone: "fair" };
  return { words: "ready", tone: "good" };
}
