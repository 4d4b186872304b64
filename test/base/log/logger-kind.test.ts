import fastify from "fastify";
import pino from "pino";
import { describe, expect, it } from "vitest";
import winston from "winston";
import { ConsoleWriter, consoleLogger, consoleWriter } from "../../../src/base/log/console-writer.ts";
import type { Logger } from "../../../src/base/log/logger.ts";
import { isLogger, loggerProblem, writerFor } from "../../../src/base/log/logger-kind.ts";
import { PinoWriter } from "../../../src/base/log/pino-writer.ts";
import { PlainWriter } from "../../../src/base/log/plain-writer.ts";
import { WinstonWriter } from "../../../src/base/log/winston-writer.ts";

const write = () => {};
const silent = { info: write, warn: write, error: write };

/** Each of them fits the type as it is. */
const loggers: readonly [name: string, logger: Logger, kind: new (...values: never[]) => object][] = [
  ["console", console, ConsoleWriter],
  ["pino", pino({ enabled: false }), PinoWriter],
  ["a child of pino", pino({ enabled: false }).child({ module: "realtime" }), PinoWriter],
  ["Fastify's app.log", fastify({ logger: { level: "silent" } }).log, PinoWriter],
  ["app.log of a Fastify that does not log", fastify().log, PinoWriter],
  ["winston", winston.createLogger({ silent: true }), WinstonWriter],
  ["a child of winston", winston.createLogger({ silent: true }).child({ module: "realtime" }), WinstonWriter],
  ["the package winston", winston, WinstonWriter],
  ["an object with three functions", silent, PlainWriter],
  ["a function with these functions", Object.assign(() => {}, silent), PlainWriter],
];

describe("a logger", () => {
  it.each(loggers)("is recognised: %s", (_name, logger, kind) => {
    expect(isLogger(logger)).toBe(true);
    expect(writerFor(logger)).toBeInstanceOf(kind);
  });

  it("is the default one where none is given", () => {
    expect(writerFor(consoleLogger)).toBe(consoleWriter);
  });
});

describe("something that is no logger", () => {
  const odd = winston.createLogger({ silent: true, levels: { fatal: 0, info: 1 } });

  it.each([
    [true, "true. To log every event: debug: true"],
    [false, "false. To log nothing: { info() {}, warn() {}, error() {} }"],
    [null, "null. To log nothing: { info() {}, warn() {}, error() {} }"],
    ["info", '"info"'],
    [pino, "the function pino. If it makes a logger, call it: pino()"],
    [() => {}, "a function"],
    [{ level: "info" }, "{ level }"],
    [{ info: write, log: write }, "an object without warn and error"],
    [odd, "a logger of winston whose levels have none for warn and error: fatal, info"],
  ])("is refused, with what was probably meant: %s", (value, problem) => {
    expect(isLogger(value)).toBe(false);
    expect(loggerProblem(value)).toBe(problem);
  });

  it("is refused where it cannot be read", () => {
    const fail = () => {
      throw new Error("no");
    };
    const unreadable = new Proxy({}, { get: fail, getPrototypeOf: fail });
    expect(isLogger(unreadable)).toBe(false);
    expect(loggerProblem(unreadable)).toBe("an object that cannot be read");
  });
});
