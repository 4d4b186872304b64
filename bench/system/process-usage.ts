/**
 * Reads from /proc, if there is one, how much a process has used.
 * Needs no other program.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Processor time in microseconds. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
}

/** Whether this system has /proc. */
export const hasProc = existsSync("/proc/self/stat");

/** The unit of time in /proc/<pid>/stat, in µs: 100 per second on every architecture of today's Linux. */
const tick = 10_000;

/** A reading of a process's clocks. */
export interface CpuReading {
  /** User and system time in whole ticks, of all threads including ended ones. */
  readonly coarse: CpuTime;
  /** The time of the running threads in µs, exact to the nanosecond; user and system together. */
  readonly exact: number | null;
}

/** Reads a process's clocks. */
export function readCpu(pid: number): CpuReading {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the name of the program in parentheses, and may contain any character.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    coarse: { user: Number(fields[11]) * tick, system: Number(fields[12]) * tick },
    exact: readExact(pid),
  };
}

/**
 * The processor time between two readings. The sum is the exact one if the kernel reports it, and the ticks
 * divide it into user and system time. If a thread has ended between the readings, the sum is too small, and
 * only the ticks count.
 */
export function cpuBetween(before: CpuReading, after: CpuReading): CpuTime {
  const user = after.coarse.user - before.coarse.user;
  const system = after.coarse.system - before.coarse.system;
  const coarse = user + system;
  if (before.exact === null || after.exact === null) return { user, system };
  const exact = after.exact - before.exact;
  if (exact < coarse * 0.98 - 3 * tick) return { user, system };
  const share = coarse === 0 ? 1 : user / coarse;
  return { user: exact * share, system: exact * (1 - share) };
}

/** The resident memory of a process, in bytes. */
export function readResidentMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The processors that this process may run on. */
export function allowedCores(): number[] {
  if (!hasProc) return [];
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** How many files this process may have open. */
export function openFilesLimit(): number {
  if (!hasProc) return Number.POSITIVE_INFINITY;
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

function readExact(pid: number): number | null {
  let sum = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ", 1)[0]);
    }
  } catch {
    return null;
  }
  return sum / 1000;
}
