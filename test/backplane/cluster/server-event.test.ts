import { expect, it } from "vitest";
import { handleWithin, type ServerReply } from "../../../src/backplane/cluster/server-event.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

/** A handler that a test lets finish. */
function setup() {
  const clock = new FakeClock();
  const handler = deferred<ServerReply>();
  const server = { handle: () => handler.promise, onServerJoined() {}, onServerLeft() {} };
  return { clock, handler, reply: handleWithin(server, { event: "load", values: [] }, 500, clock) };
}

it("gives the reply of a handler, and leaves no timer behind", async () => {
  const { clock, handler, reply } = setup();
  clock.advance(499);
  handler.resolve({ values: [1] });
  expect(await reply).toEqual({ values: [1] });
  expect(clock.timerCount).toBe(0);
});

it("gives up a handler that takes too long, for which the process stays alive until then", async () => {
  const { clock, handler, reply } = setup();
  expect(clock.holdingTimerCount).toBe(1);
  clock.advance(500);
  handler.resolve({ values: ["too late"] });
  expect(await reply).toEqual({ failure: "timeout" });
});
