/**
 * Writes lines to loggers of winston. Its method `log()` takes a whole line as one object. The methods that
 * are named after levels take `(message, meta)`, and lose the data where the message contains `%s`.
 */

import { printableLines } from "../printable.ts";
import { requireOpen } from "./ended-stream.ts";
import { errorData, stackText } from "./error-data.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";

/** A logger of this kind: the package itself is one, too. */
export interface WinstonLike {
  log(line: object): unknown;
  readonly levels?: Readonly<Record<string, number>>;
  readonly transports?: unknown;
  isLevelEnabled?: (level: string) => boolean;
}

/** What levels are called in the logger's own table, the closest first. */
const names: Readonly<Record<LogLevel, readonly string[]>> = {
  debug: ["debug", "trace", "verbose", "info", "notice"],
  info: ["info", "notice"],
  warn: ["warn", "warning"],
  error: ["error", "err"],
};

/** Which of a logger's own levels stands for one of ours; `undefined` where none does. */
export function levelOf(level: LogLevel, { levels }: WinstonLike): string | undefined {
  return typeof levels === "object" ? names[level].find((name) => Object.hasOwn(levels, name)) : level;
}

/**
 * Gives each line as one object. An error comes as data, since winston's JSON shows nothing of an `Error`
 * inside of a line, and its stack with those of its causes as `stack`, where winston's formats look for it.
 */
export class WinstonWriter implements LineWriter {
  readonly #logger: WinstonLike;

  constructor(logger: WinstonLike) {
    this.#logger = logger;
  }

  get writesDebug(): boolean {
    const { isLevelEnabled } = this.#logger;
    const level = levelOf("debug", this.#logger) ?? "debug";
    return typeof isLevelEnabled !== "function" || isLevelEnabled.call(this.#logger, level);
  }

  write(level: LogLevel, message: string, record: LogRecord): unknown {
    requireOpen(this.#logger);
    const { err, ...details } = record;
    const stack = stackText(err);
    return this.#logger.log({
      ...details,
      ...("err" in record && { err: errorData(err) }),
      ...(stack !== null && { stack: printableLines(stack) }),
      level: levelOf(level, this.#logger) ?? level,
      message,
    });
  }
}
