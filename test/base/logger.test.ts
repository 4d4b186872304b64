import { format } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger, SafeLogger } from "../../src/base/logger.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("consoleLogger", () => {
  it("writes to the console, and says that Roomcast warns and complains", () => {
    const [info, warn, error] = (["info", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    );
    const cause = new Error("why");
    consoleLogger.info("for your information");
    consoleLogger.warn("beware");
    consoleLogger.error("it failed", cause);
    consoleLogger.error("it failed");
    expect(info?.mock.calls).toEqual([["for your information"]]);
    expect(warn?.mock.calls).toEqual([["[roomcast] beware"]]);
    expect(error?.mock.calls).toEqual([
      [expect.stringMatching(/^\[roomcast\] it failed Error: why\n {4}at /)],
      ["[roomcast] it failed"],
    ]);
  });
});

describe("SafeLogger", () => {
  it("hands lines and readable errors on as they are", () => {
    const calls: unknown[][] = [];
    const take = (...values: unknown[]) => void calls.push(values);
    const logger = new SafeLogger({ info: take, warn: take, error: take });
    const cause = new Error("why");
    logger.info("for your information");
    logger.warn("beware");
    logger.error("it failed", cause);
    logger.error("it failed");
    expect(calls).toEqual([["for your information"], ["beware"], ["it failed", cause], ["it failed"]]);
    expect(calls[2]?.[1]).toBe(cause);
  });

  it.each([
    ['event "a\u009b2J\u2028\u202eb"', 'event "a\\u009b2J\\u2028\\u202eb"'],
    ["one\ntwo\r\u001b[31m", "one\\u000atwo\\u000d\\u001b[31m"],
    ["聊天室 شبكة 👩‍👧", "聊天室 شبكة 👩‍👧"],
  ])("hands on %j as one line that steers nothing", (message, line) => {
    const lines: string[] = [];
    const take = (text: string) => void lines.push(text);
    const logger = new SafeLogger({ info: take, warn: take, error: take });
    logger.info(message);
    logger.warn(message);
    logger.error(message);
    logger.error(message, new Error("why"));
    expect(lines).toEqual([line, line, line, line]);
  });

  it("lets no name take the place of the error in a log that formats", () => {
    const lines: string[] = [];
    const error = (...values: unknown[]) => void lines.push(format(...values));
    const logger = new SafeLogger({ info() {}, warn() {}, error });
    logger.error('event "%s %o %%", 5% of them', "why");
    logger.error("100%");
    expect(lines).toEqual(['event "\\u0025s \\u0025o \\u0025%", 5% of them why', "100%"]);
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
    new SafeLogger(log()).error("it failed", error);
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain("no\\u001b[2J\n    [roomcast] all is well\\u202e");
    expect(lines[0]?.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  it("writes to standard error what the application's log does not take, and why", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const logger = new SafeLogger({
      info: () => Promise.reject(new Error("disk full")),
      warn: () => {},
      error: () => {
        throw new Error("write after end");
      },
    });
    logger.error("it failed", new Error("why"));
    logger.info("for your information");
    await new Promise((resolve) => setImmediate(resolve));
    expect(error.mock.calls).toEqual([
      ["[roomcast] it failed: why\n[roomcast] The logger did not take that line: write after end"],
      ["[roomcast] for your information\n[roomcast] The logger did not take that line: disk full"],
    ]);
  });

  it("replaces an error that cannot be printed by one that says so", () => {
    const errors: unknown[] = [];
    const logger = new SafeLogger({ info() {}, warn() {}, error: (_line, error) => void errors.push(error) });
    const unreadable = Object.defineProperty(new Error(), "stack", {
      get: () => {
        throw new Error("the query was never run");
      },
    });
    logger.error("it failed", unreadable);
    expect(errors).toEqual([new Error("The error cannot be shown: the query was never run")]);
  });
});
