import { describe, expect, it } from "vitest";
import { settleDeflate } from "../../src/engine/deflate-options.ts";

describe("perMessageDeflate", () => {
  it("compresses nothing where it is off, and with the defaults where it is only on", () => {
    expect(settleDeflate(false)).toBeNull();
    expect(settleDeflate(true)).toEqual({ threshold: 1024, level: 6, contextTakeover: false });
    expect(settleDeflate({ level: 1 })).toEqual({ threshold: 1024, level: 1, contextTakeover: false });
  });

  it.each([
    [{ threshold: -1 }, /"threshold" of the option "perMessageDeflate" must be a non-negative integer/],
    [{ level: 0 }, /"level" of the option "perMessageDeflate" must be an integer from 1 to 9, not 0/],
    [{ level: 10 }, /from 1 to 9, not 10/],
    [{ contextTakeover: "yes" }, /must be true or false/],
    [{ concurrencyLimit: 10 }, /has no option "concurrencyLimit"/],
  ])("refuses %j", (given, message) => {
    expect(() => settleDeflate(given as object)).toThrow(message);
  });
});
