import { expect, it } from "vitest";
import { Flags } from "../../../src/cli/input/flags.ts";

const flags = new Flags(
  new Map<string, (string | boolean)[]>([
    ["json", [true]],
    ["color", [false]],
    ["header", ["a: 1", "b: 2"]],
    ["for", ["2s"]],
    ["count", ["3"]],
    ["transport", ["websockt"]],
    ["timeout", ["soon"]],
  ]),
);

it("reads each kind of option", () => {
  expect([flags.has("json"), flags.has("debug"), flags.isOff("color")]).toEqual([true, false, true]);
  expect([flags.texts("header"), flags.text("header"), flags.text("none")]).toEqual([
    ["a: 1", "b: 2"],
    "b: 2",
    undefined,
  ]);
  expect([flags.duration("for", 1), flags.duration("none", 1), flags.count("count")]).toEqual([2000, 1, 3]);
});

it("says what an option takes", () => {
  expect(() => flags.duration("timeout", 1)).toThrow(
    '--timeout takes a duration such as 500ms, 10s or 2m, not "soon".',
  );
  expect(() => flags.count("for")).toThrow('--for takes a whole number, not "2s".');
  expect(() => flags.oneOf("transport", ["polling", "websocket"], "polling")).toThrow(
    "Did you mean websocket?",
  );
});
