import { SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { type MeteringOptions, settleMetering } from "../../../src/app/options/metrics-options.ts";

describe("the option metrics", () => {
  it("is off, on, or on with names of events", () => {
    expect(settleMetering(false)).toBe(null);
    expect(settleMetering(true)).toEqual({ events: [] });
    expect(settleMetering({ events: ["said"] })).toEqual({ events: ["said"] });
  });

  it.each<[object, RegExp]>([
    [{ events: "said" }, /"events" of the option "metrics" must be a list of events' names, not "said"\.$/],
    [{ events: [""] }, /must be a list of events' names/],
    [{ event: [] }, /^The option "metrics" has no option "event"\. Did you mean "events"\?$/],
  ])("refuses %j", (given, message) => {
    expect(() => settleMetering(given as MeteringOptions)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringMatching(message) }),
    );
  });

  it("is checked when the server is made", () => {
    expect(() => new SocketIO({ metrics: "yes" } as object)).toThrow(/metrics/);
  });
});
