/** Writes lines to loggers that take `(message, data)`: the application's own, and most libraries'. */

import type { LineWriter } from "./line-writer.ts";
import type { LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";
import type { Logger } from "./logger.ts";

/** Gives the line first, then the data. */
export class PlainWriter implements LineWriter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get writesDebug(): boolean {
    const { isLevelEnabled } = this.#logger as { isLevelEnabled?: unknown };
    return typeof isLevelEnabled !== "function" || isLevelEnabled.call(this.#logger, "debug") !== false;
  }

  write(level: LogLevel, message: string, record: LogRecord): unknown {
    // A logger that formats, as the console does, would take these for the place of the data.
    const line = message.replaceAll(/%(?=[sdifjoOc%])/g, "\\u0025");
    if (level === "debug" && typeof this.#logger.debug === "function")
      return this.#logger.debug(line, record);
    return this.#logger[level === "debug" ? "info" : level](line, record);
  }
}
