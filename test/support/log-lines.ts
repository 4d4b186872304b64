/** A log that a test can read. It needs no server. */

import type { Logger } from "../../src/base/logger.ts";

/** Records the log of a server instead of printing it. */
export class LogLines implements Logger {
  /** Each line starts with its level and ends with the text of its error. */
  readonly lines: string[] = [];

  info(message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }

  error(message: string, error?: unknown): void {
    this.lines.push(`error ${message}${error === undefined ? "" : `: ${String(error)}`}`);
  }
}
