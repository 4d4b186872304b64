/**
 * Waits that count only the time in which this process runs. A process that stands still, on a busy machine
 * or in a long piece of work, reads nothing in that time, whatever the other side has sent.
 */

import type { Clock, Timer } from "./clock.ts";

/** In so many parts is a wait. A standstill counts as one of them at most, however long it is. */
const parts = 10;

/**
 * Calls back when this process has run for a time, behind the input that is waiting then.
 *
 * @param clock - where time comes from
 * @param milliseconds - how long
 * @param callback - is called once, unless the timer is cancelled before
 * @param holdsProcess - whether the wait keeps the process alive
 */
export function afterRunning(
  clock: Clock,
  milliseconds: number,
  callback: () => void,
  holdsProcess = false,
): Timer {
  let left = parts;
  let isCancelled = false;
  const end = () => {
    if (!isCancelled) callback();
  };
  const next = () => {
    left -= 1;
    if (left > 0) timer = clock.after(milliseconds / parts, next, holdsProcess);
    else clock.atTickEnd(end);
  };
  let timer = clock.after(milliseconds / parts, next, holdsProcess);
  return {
    cancel: () => {
      isCancelled = true;
      timer.cancel();
    },
  };
}
