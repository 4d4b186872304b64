import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { realClock, systemClock } from "../../../src/base/time/clock.ts";

describe("systemClock", () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"],
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells time in milliseconds", () => {
    const before = systemClock.now();
    vi.advanceTimersByTime(250);
    expect(systemClock.now() - before).toBe(250);
  });

  it("calls back once after the time", () => {
    const callback = vi.fn();
    systemClock.after(100, callback);
    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it("does not call back after the timer was cancelled, however often", () => {
    const callback = vi.fn();
    const timer = systemClock.after(100, callback);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
  });

  it("waits with a time that is too long for the runtime, instead of calling back at once", () => {
    const callback = vi.fn();
    for (const milliseconds of [2 ** 31, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      systemClock.after(milliseconds, callback);
    }
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(callback).not.toHaveBeenCalled();
  });

  it("calls back when a time is over that is too long for the runtime, unless the timer was cancelled", () => {
    const [callback, cancelled] = [vi.fn(), vi.fn()];
    const month = 30 * 24 * 60 * 60 * 1000;
    systemClock.after(3 * month, callback);
    const timer = systemClock.after(3 * month, cancelled);
    vi.advanceTimersByTime(2 * month);
    timer.cancel();
    vi.advanceTimersByTime(month - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect([callback, cancelled].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends a tick also while a test has faked the timers", async () => {
    await new Promise<void>((resolve) => systemClock.atTickEnd(resolve));
  });

  it("keeps the process alive only where it is asked to", () => {
    vi.useRealTimers();
    const kept = vi.spyOn(globalThis, "setTimeout");
    systemClock.after(1000, () => {}).cancel();
    const handles = () => kept.mock.results.map(({ value }) => value.hasRef());
    expect(handles()).toEqual([false]);
    systemClock.after(1000, () => {}, true).cancel();
    expect(handles()).toEqual([false, true]);
    kept.mockRestore();
  });

  it("ends the tick after what was promised in it", async () => {
    vi.useRealTimers();
    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      systemClock.atTickEnd(() => {
        order.push("end");
        resolve();
      });
    });
    queueMicrotask(() => order.push("microtask"));
    process.nextTick(() => order.push("next tick"));
    await ended;
    expect(order.at(-1)).toBe("end");
    expect(order).toHaveLength(3);
  });
});

describe("realClock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("goes on where a test holds the time", async () => {
    vi.useFakeTimers();
    const before = [realClock.now(), systemClock.now()] as const;
    await new Promise<void>((resolve) => realClock.after(5, resolve, true));
    expect(realClock.now() - before[0]).toBeGreaterThanOrEqual(4);
    expect(systemClock.now() - before[1]).toBe(0);
  });
});
