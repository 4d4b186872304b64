import { expect, it } from "vitest";
import { BoundedWaits } from "../../../src/backplane/bus/bounded-waits.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

/** Whether a promise has settled, after all that was to run at once. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  return settled;
}

it("ends with the promise", async () => {
  const waits = new BoundedWaits(1000, new FakeClock());
  const answer = deferred();
  const wait = waits.wait(answer.promise);
  expect(await isSettled(wait)).toBe(false);
  answer.resolve();
  expect(await isSettled(wait)).toBe(true);
});

it("ends when all waits are ended", async () => {
  const waits = new BoundedWaits(1000, new FakeClock());
  const wait = waits.wait(deferred().promise);
  waits.end();
  expect(await isSettled(wait)).toBe(true);
});
