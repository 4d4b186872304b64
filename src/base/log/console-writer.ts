/** Writes lines to a console, for people to read. */

import { Console } from "node:console";
import { inspect } from "node:util";
import { printableLines } from "../printable.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";
import type { Logger } from "./logger.ts";

/** Whether a value is a console: the global one, or one that writes to other streams. */
export function isConsole(value: unknown): value is Console {
  return value === console || value instanceof Console;
}

/**
 * A line as text, with its error. What an error says may come from a client, and a console prints it as it
 * is: so it comes escaped.
 */
export function textOf(message: string, record: LogRecord): string {
  return "err" in record ? `${message} ${printableLines(inspect(record.err))}` : message;
}

/** Gives a console one text for each line. */
export class ConsoleWriter implements LineWriter {
  readonly writesDebug = true;
  readonly #console: () => Console;
  readonly #prefix: string;

  /**
   * @param target - the console
   * @param prefix - what warnings and errors begin with
   */
  constructor(target: () => Console, prefix: string) {
    this.#console = target;
    this.#prefix = prefix;
  }

  write(level: LogLevel, message: string, record: LogRecord): void {
    const isTrouble = level === "warn" || level === "error";
    this.#console()[level](isTrouble ? this.#prefix + textOf(message, record) : textOf(message, record));
  }
}

/** Writes to the process's standard output and error, whatever console is there at the time of a line. */
export const consoleWriter = new ConsoleWriter(() => console, "[roomcast] ");

/** The default logger. */
export const consoleLogger: Logger = {
  debug: (message, record) => consoleWriter.write("debug", message, record),
  info: (message, record) => consoleWriter.write("info", message, record),
  warn: (message, record) => consoleWriter.write("warn", message, record),
  error: (message, record) => consoleWriter.write("error", message, record),
};
