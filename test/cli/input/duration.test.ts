import { expect, it } from "vitest";
import { readDuration, showDuration } from "../../../src/cli/input/duration.ts";

it("reads durations with and without a unit", () => {
  expect(["500ms", "10s", "10", "2m", "1h", ".5s", "0"].map(readDuration)).toEqual([
    500, 10_000, 10_000, 120_000, 3_600_000, 500, 0,
  ]);
  expect(["", "x", "10 days", "-1s"].map(readDuration)).toEqual([undefined, undefined, undefined, undefined]);
});

it("shows durations as people say them", () => {
  expect([0.84, 12.4, 1234, 180_000].map(showDuration)).toEqual(["0.8 ms", "12 ms", "1.2 s", "3 min"]);
});
