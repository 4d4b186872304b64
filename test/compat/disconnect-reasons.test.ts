import { expect, it } from "vitest";
import { bridgeReason } from "../../src/compat/disconnect-reasons.ts";
import { closeCodes } from "../../src/engine/close-reason.ts";

const known = [
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "parse error",
  "server shutting down",
  "forced server close",
  "client namespace disconnect",
  "server namespace disconnect",
];

it("every reason becomes one that socket.io has, with Roomcast's own beside it where that says more", () => {
  const reasons = Object.keys(closeCodes) as (keyof typeof closeCodes)[];
  expect(
    reasons.map((reason) => bridgeReason(reason)[0]).filter((reason) => !known.includes(reason)),
  ).toEqual([]);
  expect(bridgeReason("ping timeout")).toEqual(["ping timeout"]);
  expect(bridgeReason("forced close")).toEqual(["server namespace disconnect"]);
  expect(bridgeReason("slow consumer")).toEqual(["transport error", new Error("slow consumer")]);
  expect(bridgeReason("too many events")).toEqual(["parse error", new Error("too many events")]);
});
