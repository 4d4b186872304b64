import { format } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger } from "../../../src/base/log/console-writer.ts";
import type { LogRecord } from "../../../src/base/log/log-record.ts";
import type { Logger } from "../../../src/base/log/logger.ts";
import { SafeLog } from "../../../src/base/log/safe-log.ts";
import { LogLines } from "../../support/log-lines.ts";

const record: LogRecord = { type: "handler failed", event: "order" };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("SafeLog", () => {
  it("hands lines, data and readable errors on as they are", () => {
    const log = new LogLines();
    const safe = new SafeLog(log);
    const err = new Error("why");
    safe.debug("details", record);
    safe.info("for your information", record);
    safe.warn("beware", record);
    safe.error("it failed", { ...record, err });
    safe.error("it failed", record);
    expect(log.lines).toEqual([
      "debug details",
      "info for your information",
      "warn beware",
      "error it failed: Error: why",
      "error it failed",
    ]);
    expect(log.records[3]).toEqual({ ...record, err });
    expect(log.records[3]?.err).toBe(err);
  });

  it("adds to each record what all of them have in common", () => {
    const log = new LogLines();
    new SafeLog(log, { worker: 3 }).info("it listens", { type: "listening" });
    new SafeLog(log, { worker: 3 }).info("a worker ended", { type: "worker ended", worker: 4 });
    expect(log.records).toEqual([
      { type: "listening", worker: 3 },
      { type: "worker ended", worker: 4 },
    ]);
  });

  it.each([
    ['event "a\u009b2J\u2028\u202eb"', 'event "a\\u009b2J\\u2028\\u202eb"'],
    ["one\ntwo\r\u001b[31m", "one\\u000atwo\\u000d\\u001b[31m"],
    ["聊天室 شبكة 👩‍👧", "聊天室 شبكة 👩‍👧"],
  ])("hands on %j as one line that steers nothing", (message, line) => {
    const lines: string[] = [];
    const take = (text: string) => void lines.push(text);
    const logger = new SafeLog({ debug: take, info: take, warn: take, error: take });
    for (const level of ["debug", "info", "warn", "error"] as const) logger[level](message, record);
    expect(lines).toEqual([line, line, line, line]);
  });

  it.each([
    ["its own", () => consoleLogger],
    ["the application's", () => console],
  ])("writes errors to %s console without what steers it or passes for a line of its own", (_whose, log) => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((...values) => void lines.push(format(...values)));
    const error = Object.assign(new Error("no\u001b[2J\n[roomcast] all is well\u202e"), {
      name: "TypeError\u009b",
    });
    new SafeLog(log()).error("it failed", { ...record, err: error });
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain("no\\u001b[2J\n    [roomcast] all is well\\u202e");
    expect(lines[0]?.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  it("writes to standard error what the application's log does not take, with its stack, and why", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const logger = new SafeLog({
      info: () => Promise.reject(new Error("disk full")),
      warn: () => {},
      error: () => {
        throw new Error("write after end");
      },
    });
    logger.error("it failed", { ...record, err: new Error("why") });
    logger.info("for your information", record);
    await new Promise((resolve) => setImmediate(resolve));
    expect(error.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^\[roomcast\] it failed Error: why\n {4}at [\s\S]*\n\[roomcast\] The logger did not take that line: write after end$/,
        ),
      ],
      ["[roomcast] for your information\n[roomcast] The logger did not take that line: disk full"],
    ]);
  });

  it("replaces an error that cannot be printed by one that says so", () => {
    const log = new LogLines();
    const unreadable = Object.defineProperty(new Error(), "stack", {
      get: () => {
        throw new Error("the query was never run");
      },
    });
    new SafeLog(log).error("it failed", { ...record, err: unreadable });
    expect(log.records[0]?.err).toEqual(new Error("The error cannot be shown: the query was never run"));
  });

  it("knows whether debug lines are written, and takes a logger that cannot tell for one that writes them", () => {
    const level = (isLevelEnabled: unknown) =>
      new SafeLog({ ...consoleLogger, isLevelEnabled } as Logger).writesDebug;
    expect([level(() => false), level(() => true), level(undefined)]).toEqual([false, true, true]);
    const broken = () => {
      throw new Error("no levels");
    };
    expect(level(broken)).toBe(true);
  });
});
