/** The application's log. */

import type { LogRecord } from "./log-record.ts";

/**
 * The application's log: a logger of pino or winston, `console`, or a framework's own such as Fastify's
 * `app.log`, as they are. Any other object with these functions gets a line and the same as data.
 */
export interface Logger {
  /** Gets the lines of the debug log. Without this function, they go to `info`. */
  debug?(message: string, record: LogRecord): unknown;
  info(message: string, record: LogRecord): unknown;
  warn(message: string, record: LogRecord): unknown;
  error(message: string, record: LogRecord): unknown;
}
