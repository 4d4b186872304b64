import { once } from "node:events";
import { Writable } from "node:stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import winston from "winston";
import type { LogRecord } from "../../../src/base/log/log-record.ts";
import { SafeLog } from "../../../src/base/log/safe-log.ts";
import { levelOf } from "../../../src/base/log/winston-writer.ts";

const { format } = winston;
const record: LogRecord = { type: "handler failed", event: "order", namespace: "/", sid: "sid~1" };
const failure = () =>
  Object.assign(new Error("The kitchen is closed", { cause: new TypeError("no gas") }), { code: "E_CLOSED" });

function winstonOf(options: winston.LoggerOptions = {}) {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk).trimEnd());
      done();
    },
  });
  const logger = winston.createLogger({
    format: format.json(),
    transports: [new winston.transports.Stream({ stream })],
    ...options,
  });
  return { logger, lines };
}

describe("winston", () => {
  it("gets the error as data, with its stack, its code and its causes", () => {
    const { logger, lines } = winstonOf({
      format: format.combine(format.errors({ stack: true }), format.splat(), format.json()),
      defaultMeta: { service: "chat" },
    });
    new SafeLog(logger).error('The handler failed: event "%s", 5 %% of %d', { ...record, err: failure() });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: "error",
        // Nothing takes the place of %s, and nothing is appended.
        message: 'The handler failed: event "%s", 5 %% of %d',
        service: "chat",
        ...record,
        err: {
          type: "Error",
          message: "The kitchen is closed",
          stack: expect.stringMatching(/^Error: The kitchen is closed\n {4}at /),
          code: "E_CLOSED",
          cause: {
            type: "TypeError",
            message: "no gas",
            stack: expect.stringMatching(/^TypeError: no gas\n {4}at /),
          },
        },
        stack: expect.stringMatching(
          /^Error: The kitchen is closed\n {4}at [\s\S]*\n {4}Caused by: TypeError: no gas\n {4}at /,
        ),
      },
    ]);
  });

  it("shows the stack where a format of text looks for it, and nothing in it passes for another line", () => {
    const { logger, lines } = winstonOf({
      format: format.combine(
        format.errors({ stack: true }),
        format.printf(({ level, message, stack }) => `${level}: ${message} ${stack ?? ""}`),
      ),
    });
    const err = new Error("no\u001b[2J\nerror: all is well");
    new SafeLog(logger).error("it failed", { ...record, err });
    expect(lines[0]).toMatch(/^error: it failed Error: no\\u001b\[2J\n {4}error: all is well\n {4}at /);
  });

  it("gets each level as its own, and says whether it writes debug lines", () => {
    const { logger, lines } = winstonOf();
    const log = new SafeLog(logger);
    log.debug("hidden", record);
    expect(log.writesDebug).toBe(false);
    logger.level = "debug";
    expect(log.writesDebug).toBe(true);
    for (const level of ["debug", "info", "warn", "error"] as const) log[level](level, record);
    const levels = lines.map((line) => JSON.parse(line)).map(({ level, message }) => [level, message]);
    expect(levels).toEqual(["debug", "info", "warn", "error"].map((level) => [level, level]));
  });

  it("may be a child logger, or have levels of its own", () => {
    const { logger, lines } = winstonOf({ levels: winston.config.syslog.levels });
    const log = new SafeLog(logger.child({ module: "realtime" }));
    log.warn("beware", record);
    log.error("it failed", { ...record, err: "no gas" });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warning", message: "beware", module: "realtime", ...record },
      { level: "error", message: "it failed", module: "realtime", ...record, err: "no gas" },
    ]);
    expect(levelOf("debug", { log() {}, levels: { error: 0, info: 1 } })).toBe("info");
    expect(levelOf("warn", { log() {}, levels: { error: 0, info: 1 } })).toBeUndefined();
  });

  it("may be the package itself, whose logger is configured elsewhere", () => {
    const { logger, lines } = winstonOf();
    winston.configure({ transports: logger.transports, format: format.json() });
    onTestFinished(() => void winston.clear());
    new SafeLog(winston).error("it failed", { ...record, err: failure() });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ ...record, stack: expect.stringContaining("at ") });
  });

  it("harms nothing when it has ended: the line goes to standard error", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    onTestFinished(() => void process.off("uncaughtException", uncaught));
    const { logger } = winstonOf();
    logger.end();
    await once(logger, "finish");
    new SafeLog(logger.child({})).error("it failed", { ...record, err: failure() });
    await new Promise((resolve) => setImmediate(resolve));
    expect(error.mock.calls).toEqual([
      [expect.stringMatching(/it failed Error: The kitchen is closed[\s\S]*the logger has ended$/)],
    ]);
    expect(uncaught).not.toHaveBeenCalled();
  });
});
