import { Console } from "node:console";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConsoleWriter, consoleLogger, isConsole, textOf } from "../../../src/base/log/console-writer.ts";
import type { LogRecord } from "../../../src/base/log/log-record.ts";

const record: LogRecord = { type: "handler failed", event: "order" };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("consoleLogger", () => {
  it("writes to the console, and says that Roomcast warns and complains", () => {
    const [debug, info, warn, error] = (["debug", "info", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    );
    consoleLogger.debug?.("details", record);
    consoleLogger.info("for your information", record);
    consoleLogger.warn("beware", record);
    consoleLogger.error("it failed", { ...record, err: new Error("why") });
    consoleLogger.error("it failed", record);
    expect(debug?.mock.calls).toEqual([["details"]]);
    expect(info?.mock.calls).toEqual([["for your information"]]);
    expect(warn?.mock.calls).toEqual([["[roomcast] beware"]]);
    expect(error?.mock.calls).toEqual([
      [expect.stringMatching(/^\[roomcast\] it failed Error: why\n {4}at /)],
      ["[roomcast] it failed"],
    ]);
  });
});

describe("ConsoleWriter", () => {
  it("writes lines with stacks, and no data, to any console", () => {
    const out = new PassThrough();
    const target = new Console(out);
    expect([isConsole(target), isConsole(console), isConsole({ ...console })]).toEqual([true, true, false]);
    new ConsoleWriter(() => target, "").write("error", "it failed 100%", {
      ...record,
      err: new Error("why"),
    });
    expect(String(out.read())).toMatch(/^it failed 100% Error: why\n {4}at /);
  });
});

describe("textOf()", () => {
  it("shows the cause and the code of an error, and thrown values that are no errors", () => {
    const err = Object.assign(new Error("why", { cause: new Error("deeper") }), { code: "E_CODE" });
    const text = textOf("it failed", { ...record, err });
    expect(text).toContain("deeper");
    expect(text).toContain("E_CODE");
    expect(textOf("it failed", { ...record, err: undefined })).toBe("it failed undefined");
    expect(textOf("it failed", record)).toBe("it failed");
  });
});
