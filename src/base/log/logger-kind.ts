/** Recognises which kind of logger an application gave. */

import { show } from "../options.ts";
import { ConsoleWriter, consoleLogger, consoleWriter, isConsole } from "./console-writer.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogLevel } from "./log.ts";
import type { Logger } from "./logger.ts";
import { type PinoLike, PinoWriter } from "./pino-writer.ts";
import { PlainWriter } from "./plain-writer.ts";
import { levelOf, type WinstonLike, WinstonWriter } from "./winston-writer.ts";

const levels: readonly LogLevel[] = ["info", "warn", "error"];

/** What a logger must be, in words that complete "… must be". */
export const loggerKinds =
  "a logger of pino or winston, console, Fastify's app.log, or an object with the functions info, warn and error";

/** The way in which a logger takes its lines. */
export function writerFor(logger: Logger): LineWriter {
  if (logger === consoleLogger) return consoleWriter;
  if (isConsole(logger)) return new ConsoleWriter(() => logger, "");
  if (isWinston(logger)) return new WinstonWriter(logger);
  if (isPino(logger)) return new PinoWriter(logger);
  return new PlainWriter(logger);
}

/** Whether a value can be written to. */
export function isLogger(value: unknown): value is Logger {
  try {
    return missing(value).length === 0;
  } catch {
    // Reading it throws: it is a proxy, say.
    return false;
  }
}

/** A value that is no logger, with what was probably meant, in words that complete "… not". */
export function loggerProblem(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return show(value);
  }
}

function describe(value: unknown): string {
  if (value === true) return "true. To log every event: debug: true";
  if (value === false || value === null)
    return `${value}. To log nothing: { info() {}, warn() {}, error() {} }`;
  if (typeof value === "function" && missing(value).length === levels.length) {
    const { name } = value;
    return name === "" ? "a function" : `the function ${name}. If it makes a logger, call it: ${name}()`;
  }
  if (!hasMembers(value) || missing(value).length === levels.length) return show(value);
  const without = missing(value).join(" and ");
  return isWinston(value)
    ? `a logger of winston whose levels have none for ${without}: ${Object.keys(value.levels ?? {}).join(", ")}`
    : `an object without ${without}`;
}

/** The levels for which a value has no function. */
function missing(value: unknown): readonly LogLevel[] {
  if (!hasMembers(value)) return levels;
  if (isWinston(value)) return levels.filter((level) => levelOf(level, value) === undefined);
  return levels.filter((level) => !has(value, level));
}

function isWinston(value: object): value is WinstonLike {
  return ["log", "configure", "add", "child"].every((name) => has(value, name));
}

/** Fastify's logger that writes nothing has no more in common with pino than this. */
function isPino(value: Logger | PinoLike): value is PinoLike {
  return has(value, "child");
}

function hasMembers(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function has(value: object, name: string): boolean {
  return typeof (value as Record<string, unknown>)[name] === "function";
}
