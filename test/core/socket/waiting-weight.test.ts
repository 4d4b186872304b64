import { expect, it } from "vitest";
import { waitingWeight } from "../../../src/core/socket/waiting-weight.ts";

it("counts the values, and some memory even without any", () => {
  expect(waitingWeight(undefined)).toBeGreaterThan(0);
  expect(waitingWeight(["x".repeat(10_000)])).toBeGreaterThan(waitingWeight([]) + 9_000);
});
