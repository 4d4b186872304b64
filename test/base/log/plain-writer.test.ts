import { format } from "node:util";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/base/log/log-record.ts";
import { PlainWriter } from "../../../src/base/log/plain-writer.ts";

const record: LogRecord = { type: "handler failed", event: "order" };

describe("PlainWriter", () => {
  it("gives the line, then its data, as methods of the logger", () => {
    class Keeper {
      readonly calls: unknown[][] = [];
      info(...values: unknown[]) {
        this.calls.push(["info", ...values]);
      }
      warn(...values: unknown[]) {
        this.calls.push(["warn", ...values]);
      }
      error(...values: unknown[]) {
        this.calls.push(["error", ...values]);
      }
    }
    const keeper = new Keeper();
    const writer = new PlainWriter(keeper);
    for (const level of ["debug", "info", "warn", "error"] as const) writer.write(level, "a line", record);
    expect(keeper.calls).toEqual(["info", "info", "warn", "error"].map((level) => [level, "a line", record]));
  });

  it("lets no name take the place of the data in a logger that formats", () => {
    const lines: string[] = [];
    const take = (...values: unknown[]) => void lines.push(format(...values));
    const writer = new PlainWriter({ info: take, warn: take, error: take });
    writer.write("error", 'event "%s %o %%", 5% of them', { type: "listening" });
    expect(lines).toEqual(["event \"\\u0025s \\u0025o \\u0025%\", 5% of them { type: 'listening' }"]);
  });
});
