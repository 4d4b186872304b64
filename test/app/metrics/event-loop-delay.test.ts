import { expect, it } from "vitest";
import { EventLoopDelay } from "../../../src/app/metrics/event-loop-delay.ts";
import { Samples } from "../../../src/observe/metrics/samples.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function observed(delay: EventLoopDelay) {
  const samples = new Samples();
  delay.collect(samples);
  const [sample] = samples.metrics()[0]?.samples ?? [];
  return sample;
}

it("measures how much too late its timer runs, and holds no process", () => {
  const clock = new FakeClock();
  const delay = new EventLoopDelay(clock);
  delay.start();
  expect(clock.holdingTimerCount).toBe(0);
  clock.advance(40);
  expect(observed(delay)).toMatchObject({ count: 2, sum: 0 });
  clock.stall(320);
  clock.fireTimers();
  expect(observed(delay)).toMatchObject({ count: 3, sum: 0.3 });
  delay.stop();
  expect(clock.timerCount).toBe(0);
});
