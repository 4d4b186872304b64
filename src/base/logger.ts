/** Where a server writes what its operator should know. */

import { inspect } from "node:util";
import { errorText, onRejection } from "./foreign-value.ts";
import { printable, printableLines } from "./printable.ts";

/** A log: `console` is one, as are the usual logging libraries. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/**
 * Writes to the console. It gets an error as text: what an error says may come from a client, and the console
 * prints it as it is.
 */
function logTo(prefix: string): Logger {
  return {
    info: (message) => console.info(message),
    warn: (message) => console.warn(prefix + message),
    error: (message, error) => {
      if (error === undefined) console.error(prefix + message);
      else console.error(`${prefix}${message} ${printableLines(inspect(error))}`);
    },
  };
}

/** Writes to the process's standard output and error. */
export const consoleLogger: Logger = logTo("[roomcast] ");

/**
 * The application's log, made safe to call from anywhere: it never throws, and no promise that it returns
 * rejects unheard. What the application's log does not take goes to standard error, with the reason. A
 * message is one line and holds no control characters, whatever clients have named. An error goes to the
 * console as text, and to any other log as it is.
 */
export class SafeLogger implements Logger {
  readonly #logger: Logger;

  /** @param logger - the application's log */
  constructor(logger: Logger) {
    this.#logger = logger === console ? logTo("") : logger;
  }

  info(message: string): void {
    const line = printable(message);
    this.#write(line, () => this.#logger.info(line));
  }

  warn(message: string): void {
    const line = printable(message);
    this.#write(line, () => this.#logger.warn(line));
  }

  error(message: string, error?: unknown): void {
    if (error === undefined) {
      const line = printable(message);
      this.#write(line, () => this.#logger.error(line));
      return;
    }
    // A log that formats, as the console does, would take these for the place of the error.
    const line = printable(message).replaceAll(/%(?=[sdifjoOc%])/g, "\\u0025");
    // A log that reads an unreadable error fails by that. It gets the line all the same.
    const reason = unreadable(error);
    const shown = reason === null ? error : new Error(`The error cannot be shown: ${reason}`);
    this.#write(line, () => this.#logger.error(line, shown), shown);
  }

  #write(line: string, write: () => unknown, error?: unknown): void {
    const fail = (reason: unknown) => {
      const what = error === undefined ? line : `${line}: ${printable(errorText(error))}`;
      const why = printable(errorText(reason));
      writeToConsole(`[roomcast] ${what}\n[roomcast] The logger did not take that line: ${why}`);
    };
    try {
      onRejection(write(), fail);
    } catch (reason) {
      fail(reason);
    }
  }
}

/** Why an error cannot be printed; `null` where it can. */
function unreadable(error: unknown): string | null {
  try {
    inspect(error);
    return null;
  } catch (reason) {
    return errorText(reason);
  }
}

function writeToConsole(text: string): void {
  try {
    console.error(text);
  } catch {
    // The application has replaced the console, too, and nothing is left to write to.
  }
}
