import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger, SafeLogger } from "../../src/app/logger.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("consoleLogger", () => {
  it("writes to the console, and says who warns and complains", () => {
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
    expect(error?.mock.calls).toEqual([["[roomcast] it failed", cause], ["[roomcast] it failed"]]);
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
