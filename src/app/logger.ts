/** Where a server writes what its operator should know. */

import { inspect } from "node:util";
import { errorText, onRejection } from "../base/foreign-value.ts";

/** A log: `console` is one, as are the usual logging libraries. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** Writes to the process's standard output and error. */
export const consoleLogger: Logger = {
  info: (message) => console.info(message),
  warn: (message) => console.warn(`[roomcast] ${message}`),
  error: (message, error) => {
    if (error === undefined) console.error(`[roomcast] ${message}`);
    else console.error(`[roomcast] ${message}`, error);
  },
};

/**
 * The application's log, made safe to call from anywhere: it never throws, and no promise that it returns rejects unheard. What
 * the application's log does not take goes to standard error, with the reason.
 */
export class SafeLogger implements Logger {
  readonly #logger: Logger;

  /** @param logger - the application's log */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  info(message: string): void {
    this.#write(message, () => this.#logger.info(message));
  }

  warn(message: string): void {
    this.#write(message, () => this.#logger.warn(message));
  }

  error(message: string, error?: unknown): void {
    if (error === undefined) {
      this.#write(message, () => this.#logger.error(message));
      return;
    }
    // A log that reads an unreadable error fails by that. It gets the line all the same.
    const reason = unreadable(error);
    const shown = reason === null ? error : new Error(`The error cannot be shown: ${reason}`);
    this.#write(message, () => this.#logger.error(message, shown), shown);
  }

  #write(message: string, write: () => unknown, error?: unknown): void {
    const fail = (reason: unknown) => {
      const line = error === undefined ? message : `${message}: ${errorText(error)}`;
      writeToConsole(
        `[roomcast] ${line}\n[roomcast] The logger did not take that line: ${errorText(reason)}`,
      );
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
