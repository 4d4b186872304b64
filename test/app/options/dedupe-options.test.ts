import { describe, expect, it } from "vitest";
import { type DedupeOptions, settleDedupe } from "../../../src/app/options/dedupe-options.ts";

const usual = { maxIds: 100, maxAge: 600_000, maxBytes: 100_000, id: null };

describe("the option dedupe", () => {
  it("is off, on, or on with some options that differ from the usual ones", () => {
    const id = () => "id";
    expect(settleDedupe(false)).toBe(null);
    expect(settleDedupe(true)).toEqual(usual);
    expect(settleDedupe({})).toEqual(usual);
    expect(settleDedupe({ maxIds: 1, maxBytes: 0, id })).toEqual({ ...usual, maxIds: 1, maxBytes: 0, id });
  });

  it.each<[object, RegExp]>([
    [{ maxIds: 0 }, /"maxIds" of the option "dedupe" must be .*, not 0\.$/],
    [{ maxAge: 0.5 }, /"maxAge" of the option "dedupe" must be .*\bms\b.*, not 0\.5\.$/],
    [{ maxBytes: -1 }, /"maxBytes" of the option "dedupe" must be .*\bbytes\b.*, not -1\.$/],
    [{ id: "clientOffset" }, /"id" of the option "dedupe" must be a function, not "clientOffset"\.$/],
    [{ maxId: 5 }, /^The option "dedupe" has no option "maxId"\. Did you mean "maxIds"\?$/],
  ])("refuses %j", (given, message) => {
    expect(() => settleDedupe(given as DedupeOptions)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringMatching(message) }),
    );
  });
});
