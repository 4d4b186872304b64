import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "../../../src/core/model/stream-position.ts";

describe("a cursor", () => {
  it.each([0, 1, 35, 36, 1_000_000, 36 ** 10 - 1])("is read as it was written: %d", (number) => {
    expect(parseCursor(formatCursor("aB3_-x90", number))).toEqual({ epoch: "aB3_-x90", number });
  });

  it.each([undefined, null])("may be missing: %s", (given) => {
    expect(parseCursor(given)).toBeNull();
  });

  it.each([
    "",
    ".",
    "epoch",
    "epoch.",
    ".1",
    "epoch.1.2",
    "epoch.A",
    "epoch.-1",
    "epoch. 1",
    "epoch.1\n",
    "epoch.zzzzzzzzzzz",
    `${"e".repeat(33)}.1`,
    "epöch.1",
    1,
    {},
    [],
    true,
  ])("is nothing else: %j", (given) => {
    expect(parseCursor(given)).toBeUndefined();
  });

  it("of great length is not looked at", () => {
    const long = `${"a.".repeat(50_000_000)}1`;
    const started = performance.now();
    for (let round = 0; round < 1000; round += 1) expect(parseCursor(long)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
