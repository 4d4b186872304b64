/** How one kind of logger takes a line. */

import type { LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";

/** Passes lines on in the form that a logger of one kind expects. */
export interface LineWriter {
  /** Whether the logger writes lines of the level debug now; `true` where it does not say. */
  readonly writesDebug: boolean;
  /**
   * Writes a line. May throw.
   *
   * @returns what the logger returned
   */
  write(level: LogLevel, message: string, record: LogRecord): unknown;
}
