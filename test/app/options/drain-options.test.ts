import { describe, expect, it } from "vitest";
import { drainOptions } from "../../../src/app/options/drain-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";

const settle = (given: object) => resolveOptions(drainOptions, given, "drain()");

describe("the options of drain()", () => {
  it("may be left out, and take the least and the most", () => {
    expect(settle({})).toEqual({ timeout: 25_000, stagger: null, reason: "server shutting down" });
    for (const given of [
      { timeout: 1 },
      { stagger: 0 },
      { stagger: null },
      { reason: "" },
      { reason: "x".repeat(123) },
      { reason: "ä".repeat(61) },
    ])
      expect(settle(given)).toMatchObject(given);
  });

  it.each<[object, RegExp]>([
    [{ timeout: 0 }, /"timeout" of drain\(\) must be .*\bms\b.*, not 0\.$/],
    [{ stagger: -1 }, /"stagger" of drain\(\) must be .*\bms\b.* or null, not -1\.$/],
    [{ stagger: 0.5 }, /, not 0\.5\.$/],
    // A close frame counts bytes, not characters.
    [{ reason: "ä".repeat(62) }, /"reason" of drain\(\) must be a string of at most 123 bytes/],
    [{ reason: "x".repeat(124) }, /a string of at most 123 bytes/],
    [{ reason: null }, /a string of at most 123 bytes, not null\.$/],
    [{ grace: 1 }, /drain\(\) has no option "grace"\./],
  ])("refuse %j", (given, message) => {
    expect(() => settle(given)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringMatching(message) }),
    );
  });
});
