import { expect, it } from "vitest";
import { limitsReached } from "../../../src/app/metrics/limits-reached.ts";
import { appOptions } from "../../../src/app/options/app-options.ts";
import { Counters } from "../../../src/engine/counters.ts";

it("counts under the name of the option, whether a limit drops, refuses or disconnects", () => {
  const counters = new Counters();
  counters.roomsRefused = 1;
  counters.closed["slow consumer"] = 2;
  counters.refused.tooManyConnections = 3;
  expect(limitsReached(counters)).toMatchObject({
    maxRooms: 1,
    maxOutgoingBytes: 2,
    maxConnections: 3,
    maxHandshakes: 0,
  });
});

it("names nothing but options", () => {
  expect(Object.keys(limitsReached(new Counters())).filter((name) => !(name in appOptions))).toEqual([]);
});
