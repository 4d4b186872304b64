import { expect, it, vi } from "vitest";
import { afterRunning } from "../../../src/base/time/running-time.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("calls back once after the time, where the process runs", () => {
  const clock = new FakeClock();
  const callback = vi.fn();
  afterRunning(clock, 1000, callback);
  clock.advance(999);
  expect(callback).not.toHaveBeenCalled();
  clock.advance(2);
  expect(callback).toHaveBeenCalledOnce();
  clock.advance(10_000);
  expect(callback).toHaveBeenCalledOnce();
});

it("counts a standstill as a tenth of the time, however long it is", () => {
  const clock = new FakeClock();
  const callback = vi.fn();
  afterRunning(clock, 1000, callback);
  clock.advance(450);
  clock.stall(60_000);
  clock.advance(499);
  expect(callback).not.toHaveBeenCalled();
  clock.advance(2);
  expect(callback).toHaveBeenCalledOnce();
});

it("calls back behind the input that waits at that time", () => {
  const clock = new FakeClock();
  const callback = vi.fn();
  const timer = afterRunning(clock, 1000, callback);
  clock.advance(999);
  clock.stall(2);
  clock.fireTimers();
  expect(callback).not.toHaveBeenCalled();
  timer.cancel();
  clock.endTick();
  expect(callback).not.toHaveBeenCalled();
});

it("does not call back after it was cancelled, and leaves no timer", () => {
  const clock = new FakeClock();
  const callback = vi.fn();
  const timer = afterRunning(clock, 1000, callback, true);
  clock.advance(500);
  expect(clock.holdingTimerCount).toBe(1);
  timer.cancel();
  timer.cancel();
  expect(clock.timerCount).toBe(0);
  clock.advance(1000);
  expect(callback).not.toHaveBeenCalled();
});
