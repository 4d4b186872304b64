import { expect, it } from "vitest";
import { Flags } from "../../../src/cli/input/flags.ts";
import { readLoadPlan } from "../../../src/cli/load/load-plan.ts";
import type { LoadScenario } from "../../../src/cli/load/scenario/scenario.ts";

const plan = (flags: Record<string, (string | boolean)[]>, scenario?: LoadScenario) =>
  readLoadPlan(new Flags(new Map(Object.entries(flags))), scenario);

it("has an end and few clients where nothing is said", () => {
  expect(plan({})).toMatchObject({ clients: 100, ramp: 1000, duration: 10_000, event: null, thresholds: [] });
});

it("reads all options", () => {
  const read = plan({
    clients: ["5"],
    event: ["say"],
    rate: ["20/s"],
    call: [true],
    expect: ["4"],
    emit: ["join {{client}}"],
    namespace: ["/a", "b"],
    seed: ["7"],
  });
  expect(read).toMatchObject({
    ...{ clients: 5, rate: 20, isCall: true, expected: 4, namespaces: ["/a", "/b"], seed: 7 },
  });
  expect(read.event?.fill("M", 3)).toBe('["say","M"]');
  expect(read.first[0]?.fill("M", 3)).toBe('["join",3]');
});

it("takes from a scenario what the command line leaves out", () => {
  const scenario = { clients: 7, ramp: "2s", duration: 500, failIf: ["lost > 0"], run() {} };
  expect(plan({ "fail-if": ["orders < 3"] }, scenario)).toMatchObject({
    ...{ clients: 7, ramp: 2000, duration: 500, scenario },
    thresholds: [{ text: "lost > 0" }, { text: "orders < 3" }],
  });
  expect(plan({ clients: ["2"], ramp: ["1s"], for: ["3s"] }, scenario)).toMatchObject({
    ...{ clients: 2, ramp: 1000, duration: 3000 },
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

it("tells the faults of a scenario", () => {
  expect(() => plan({ event: ["say"] }, { run() {} })).toThrow("--event and a scenario's run()");
  expect(() => plan({}, { duration: "soon" })).toThrow('"duration" of the scenario takes ms or a duration');
  expect(() => plan({}, { clients: 1.5 })).toThrow("--clients takes a number");
});
