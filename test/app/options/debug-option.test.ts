import { expect, it } from "vitest";
import { debugOption } from "../../../src/app/options/debug-option.ts";

it("is off by default, and shows payloads only by that word", () => {
  expect(debugOption.default).toBe(false);
  expect([true, false, "payloads"].map(debugOption.accepts)).toEqual([true, true, true]);
  expect([1, null, "payload", "verbose", {}].map(debugOption.accepts)).toEqual(Array(5).fill(false));
});
