import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TimeLimit } from "../../src/relay/time-limit.ts";

describe("TimeLimit", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("calls once the time is over, and not after its end", () => {
    const onLate = vi.fn();
    const limit = new TimeLimit(onLate);
    limit.start(100);
    vi.advanceTimersByTime(99);
    expect(onLate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onLate).toHaveBeenCalledOnce();
    limit.start(100);
    limit.end();
    vi.advanceTimersByTime(1000);
    expect(onLate).toHaveBeenCalledOnce();
  });

  it("begins again with each sign of life, and with another time", () => {
    const onLate = vi.fn();
    const limit = new TimeLimit(onLate);
    limit.start(100);
    for (let times = 0; times < 5; times += 1) {
      vi.advanceTimersByTime(90);
      limit.restart();
    }
    limit.start(10);
    vi.advanceTimersByTime(9);
    expect(onLate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onLate).toHaveBeenCalledOnce();
  });
});
