import { describe, expect, it } from "vitest";
import { type RecoveryOptions, settleRecovery } from "../../../src/app/options/recovery-options.ts";

const usual = {
  maxDisconnection: 120_000,
  maxEvents: 100_000,
  maxBytes: 64_000_000,
  maxSessionBytes: 256_000_000,
  maxSessions: 100_000,
  visitor: null,
};

describe("the option recovery", () => {
  it("is off, on, or on with some options that differ from the usual ones", () => {
    const visitor = () => "ada";
    expect(settleRecovery(false)).toBe(null);
    expect(settleRecovery(true)).toEqual(usual);
    expect(settleRecovery({ maxDisconnection: 1, visitor })).toEqual({
      ...usual,
      maxDisconnection: 1,
      visitor,
    });
  });

  it.each(["maxDisconnection", "maxEvents", "maxBytes", "maxSessionBytes", "maxSessions"])(
    "takes no %s of nothing, and none without an end",
    (name) => {
      for (const value of [0, Number.POSITIVE_INFINITY, "1"]) {
        expect(() => settleRecovery({ [name]: value } as RecoveryOptions)).toThrow(
          `The option "${name}" of the option "recovery" must be `,
        );
      }
    },
  );

  it.each<[object, string]>([
    [
      { visitor: "userId" },
      '"visitor" of the option "recovery" must be null or a function of the HTTP session',
    ],
    [{ maxDisconnectionDuration: 5 }, 'Did you mean "maxDisconnection"?'],
    [{ skipMiddlewares: true }, 'The option "recovery" has no option "skipMiddlewares".'],
  ])("refuses %j", (given, message) => {
    expect(() => settleRecovery(given as RecoveryOptions)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining(message) }),
    );
  });
});
