import { expect, it } from "vitest";
import { Flags } from "../../../src/cli/input/flags.ts";
import { readLoadPlan } from "../../../src/cli/load/load-plan.ts";

const plan = (flags: Record<string, (string | boolean)[]>) =>
  readLoadPlan(new Flags(new Map(Object.entries(flags))));

it("has an end and few clients where nothing is said", () => {
  expect(plan({})).toMatchObject({ clients: 100, ramp: 1000, duration: 10_000, event: null, thresholds: [] });
});

it("reads all options", () => {
  expect(
    plan({
      clients: ["5"],
      event: ["say"],
      rate: ["20/s"],
      call: [true],
      expect: ["4"],
      emit: ["join {{client}}"],
    }),
  ).toMatchObject({
    ...{ clients: 5, rate: 20, isCall: true, expected: 4, event: { event: "say", values: ["{{mark}}"] } },
    first: [{ event: "join", values: ["{{client}}"] }],
  });
});

it.each([
  [{ clients: ["0"] }, "--clients takes a number from 1 to 50000, not 0."],
  [{ data: ["1"] }, "belong to --event, which is missing"],
  [{ event: ["say"], rate: ["fast"] }, '--rate takes events a second, such as 100, not "fast".'],
  [{ emit: [""] }, "--emit takes an event and its values."],
])("says what was meant in place of %j", (flags, message) => {
  expect(() => plan(flags)).toThrow(message);
});
