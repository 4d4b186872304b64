/** A log that a test can read. It needs no server. */

import type { LogRecord } from "../../src/base/log/log-record.ts";
import type { Logger } from "../../src/base/log/logger.ts";

/** Records the log of a server instead of printing it. */
export class LogLines implements Logger {
  /** Each line starts with its level and ends with the text of its error. */
  readonly lines: string[] = [];
  /** The data of the same lines. */
  readonly records: LogRecord[] = [];
  writesDebug = true;

  debug(message: string, record: LogRecord): void {
    this.#take(`debug ${message}`, record);
  }

  info(message: string, record: LogRecord): void {
    this.#take(`info ${message}`, record);
  }

  warn(message: string, record: LogRecord): void {
    this.#take(`warn ${message}`, record);
  }

  error(message: string, record: LogRecord): void {
    this.#take(`error ${message}${"err" in record ? `: ${String(record.err)}` : ""}`, record);
  }

  #take(line: string, record: LogRecord): void {
    this.lines.push(line);
    this.records.push(record);
  }
}
