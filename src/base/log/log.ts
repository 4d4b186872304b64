/** Where the parts of a server write what its operator should know. It never throws. */

import type { LogRecord } from "./log-record.ts";

/** Takes lines, each with the same as data. */
export interface Log {
  info(message: string, record: LogRecord): void;
  warn(message: string, record: LogRecord): void;
  error(message: string, record: LogRecord): void;
}

/** How much a line matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";
