/** Writes lines to loggers that take `(object, message)`, as pino does and with it Fastify's `app.log`. */

import { requireOpen } from "./ended-stream.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogLevel } from "./log.ts";
import type { LogRecord } from "./log-record.ts";

type Method = (details: object, message: string) => unknown;

/** A logger of this kind. Fastify's is one without `isLevelEnabled` where it writes nothing. */
export interface PinoLike {
  debug?: Method;
  info: Method;
  warn: Method;
  error: Method;
  isLevelEnabled?: (level: string) => boolean;
}

/** Gives the data first, then the line. The logger's own serializers see the error as it was thrown. */
export class PinoWriter implements LineWriter {
  readonly #logger: PinoLike;
  readonly #errorKey: string;
  readonly #stream: unknown;

  constructor(logger: PinoLike) {
    this.#logger = logger;
    const key = inside(logger, "pino.errorKey");
    this.#errorKey = typeof key === "string" ? key : "err";
    this.#stream = inside(logger, "pino.stream");
  }

  get writesDebug(): boolean {
    const { isLevelEnabled } = this.#logger;
    return typeof isLevelEnabled !== "function" || isLevelEnabled.call(this.#logger, this.#level("debug"));
  }

  write(level: LogLevel, message: string, record: LogRecord): unknown {
    requireOpen(this.#stream);
    const { err, ...details } = record;
    const all = "err" in record ? { ...details, [this.#errorKey]: err } : details;
    const method = this.#level(level);
    return (this.#logger[method] as Method).call(this.#logger, all, message);
  }

  #level(level: LogLevel): LogLevel {
    return typeof this.#logger[level] === "function" ? level : "info";
  }
}

/** What pino keeps under a symbol; a child logger has its parent as its prototype. */
function inside(logger: object, name: string): unknown {
  for (let place: object | null = logger; place !== null; place = Object.getPrototypeOf(place)) {
    const symbol = Object.getOwnPropertySymbols(place).find(({ description }) => description === name);
    if (symbol !== undefined) return (place as Record<symbol, unknown>)[symbol];
  }
  return undefined;
}
