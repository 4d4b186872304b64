/** The log of a server, made of the application's. */

import { inspect } from "node:util";
import { errorText, onRejection } from "../foreign-value.ts";
import { printable } from "../printable.ts";
import { textOf } from "./console-writer.ts";
import type { LineWriter } from "./line-writer.ts";
import type { Log, LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";
import type { Logger } from "./logger.ts";
import { writerFor } from "./logger-kind.ts";

/**
 * The application's log, made safe to call from anywhere: it never throws, and no promise that it returns
 * rejects unheard. What the application's log does not take goes to standard error, with the reason. A
 * message is one line and holds no control characters, whatever clients have named.
 */
export class SafeLog implements Log {
  readonly #writer: LineWriter;
  readonly #about: Partial<LogRecord>;

  /**
   * @param logger - the application's log
   * @param about - what the records of all lines have in common
   */
  constructor(logger: Logger, about: Partial<LogRecord> = {}) {
    this.#writer = writerFor(logger);
    this.#about = about;
  }

  /** Whether lines of the level debug are written now. */
  get writesDebug(): boolean {
    try {
      return this.#writer.writesDebug;
    } catch {
      // The line itself will tell why.
      return true;
    }
  }

  debug(message: string, record: LogRecord): void {
    this.#write("debug", message, record);
  }

  info(message: string, record: LogRecord): void {
    this.#write("info", message, record);
  }

  warn(message: string, record: LogRecord): void {
    this.#write("warn", message, record);
  }

  error(message: string, record: LogRecord): void {
    this.#write("error", message, record);
  }

  #write(level: LogLevel, message: string, given: LogRecord): void {
    const line = printable(message);
    const record = readable({ ...this.#about, ...given });
    const fail = (reason: unknown) => {
      const why = printable(errorText(reason));
      writeToConsole(
        `[roomcast] ${textOf(line, record)}\n[roomcast] The logger did not take that line: ${why}`,
      );
    };
    try {
      onRejection(this.#writer.write(level, line, record), fail);
    } catch (reason) {
      fail(reason);
    }
  }
}

/** A logger that reads an unreadable error fails by that. It gets the line all the same. */
function readable(record: LogRecord): LogRecord {
  if (!("err" in record)) return record;
  try {
    inspect(record.err);
    return record;
  } catch (reason) {
    return { ...record, err: new Error(`The error cannot be shown: ${errorText(reason)}`) };
  }
}

function writeToConsole(text: string): void {
  try {
    console.error(text);
  } catch {
    // The application has replaced the console, too, and nothing is left to write to.
  }
}
