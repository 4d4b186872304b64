import { PassThrough } from "node:stream";
import fastify from "fastify";
import pino, { type DestinationStream, type LoggerOptions } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { LogRecord } from "../../../src/base/log/log-record.ts";
import { SafeLog } from "../../../src/base/log/safe-log.ts";

const record: LogRecord = { type: "handler failed", event: "order %s", namespace: "/", sid: "sid~1" };
const failure = () =>
  Object.assign(new Error("The kitchen is closed", { cause: new Error("no gas") }), { code: "E_CLOSED" });

/** A stream and the lines that were written to it, as data. */
function memory() {
  const lines: Record<string, unknown>[] = [];
  const stream: DestinationStream = { write: (text) => void lines.push(JSON.parse(text)) };
  return { stream, lines };
}

function pinoOf(options: LoggerOptions = {}) {
  const { stream, lines } = memory();
  return { logger: pino(options, stream), lines };
}

describe("pino", () => {
  it("gets the error with its stack, its code and its causes, and the data of the line", () => {
    const { logger, lines } = pinoOf({ name: "chat" });
    new SafeLog(logger).error('The handler failed: event "order %s"', { ...record, err: failure() });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 50,
        name: "chat",
        msg: 'The handler failed: event "order %s"',
        ...record,
        err: {
          type: "Error",
          message: "The kitchen is closed: no gas",
          stack: expect.stringMatching(
            /^Error: The kitchen is closed\n {4}at [\s\S]*caused by: Error: no gas\n/,
          ),
          code: "E_CLOSED",
        },
      }),
    ]);
  });

  it("gets each level as its own, and says whether it writes debug lines", () => {
    const { logger, lines } = pinoOf();
    const log = new SafeLog(logger);
    log.debug("hidden", record);
    expect(log.writesDebug).toBe(false);
    // Programs change the level while they run.
    logger.level = "debug";
    expect(log.writesDebug).toBe(true);
    for (const level of ["debug", "info", "warn", "error"] as const) log[level](level, record);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, "debug"],
      [30, "info"],
      [40, "warn"],
      [50, "error"],
    ]);
  });

  it("applies its serializers, its redaction, its key of errors and the data of child loggers", () => {
    const { logger, lines } = pinoOf({
      errorKey: "problem",
      messageKey: "message",
      redact: ["sid"],
      serializers: { problem: ({ message }: Error) => `serialized: ${message}` },
    });
    const child = logger.child({ module: "realtime" }, { msgPrefix: "[live] " });
    new SafeLog(child).error("it failed", { ...record, err: failure() });
    expect(lines[0]).toMatchObject({
      module: "realtime",
      message: "[live] it failed",
      problem: "serialized: The kitchen is closed",
      sid: "[Redacted]",
    });
    const other = pinoOf({ serializers: { err: () => "my own" } });
    new SafeLog(other.logger).error("it failed", { ...record, err: failure() });
    expect(other.lines[0]).toMatchObject({ err: "my own" });
  });

  it("gets thrown values that are no errors", () => {
    const { logger, lines } = pinoOf();
    new SafeLog(logger).error("it failed", { ...record, err: "no gas" });
    expect(lines[0]).toMatchObject({ err: "no gas" });
  });

  it("harms nothing when its worker has ended: the line goes to standard error", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    onTestFinished(() => void process.off("uncaughtException", uncaught));
    const transport = pino.transport({ target: "pino/file", options: { destination: "/dev/null" } });
    const log = new SafeLog(pino(transport));
    transport.end();
    log.error("it failed", { ...record, err: failure() });
    await new Promise((resolve) => transport.once("close", resolve));
    log.error("it failed again", record);
    await new Promise((resolve) => setImmediate(resolve));
    expect(error.mock.calls).toEqual([
      [expect.stringMatching(/it failed Error: The kitchen is closed[\s\S]*the logger has ended$/)],
      [expect.stringMatching(/it failed again\n.*the logger has ended$/)],
    ]);
    expect(uncaught).not.toHaveBeenCalled();
  });
});

describe("Fastify's app.log", () => {
  it("gets the error with its stack, and the data of the line", () => {
    const { stream, lines } = memory();
    const app = fastify({ logger: { stream, level: "debug" } });
    const log = new SafeLog(app.log);
    log.error("it failed", { ...record, err: failure() });
    log.debug("details", record);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: "it failed",
        ...record,
        err: expect.objectContaining({ stack: expect.stringContaining("The kitchen is closed\n    at ") }),
      }),
      expect.objectContaining({ level: 20, msg: "details" }),
    ]);
  });

  it("writes nothing, and harms nothing, where Fastify has no logger", () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    const log = new SafeLog(fastify().log);
    log.error("it failed", { ...record, err: failure() });
    expect(log.writesDebug).toBe(true);
    log.debug("details", record);
    expect(error).not.toHaveBeenCalled();
  });
});

it("writes to info what a logger has no level debug for", () => {
  const out = new PassThrough();
  const take = (details: object, message: string) => void out.write(JSON.stringify([details, message]));
  const logger = { info: take, warn: take, error: take, child: () => logger };
  new SafeLog(logger as object as typeof console).debug("details", record);
  expect(JSON.parse(String(out.read()))).toEqual([record, "details"]);
});
