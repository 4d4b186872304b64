import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RunningHandlers } from "../../../src/app/handlers/running-handlers.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("InFlight", () => {
  it("has settled when nothing runs", async () => {
    await expect(new RunningHandlers().settled(1000)).resolves.toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for longer than the runtime's timers know", async () => {
    const inFlight = new RunningHandlers();
    inFlight.start();
    const settled = vi.fn();
    const month = 30 * 24 * 60 * 60 * 1000;
    const waiting = inFlight.settled(month).then(settled);
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(settled.mock.calls).toEqual([[false]]);
  });

  it("settles every waiting caller when the last handler has ended", async () => {
    const inFlight = new RunningHandlers();
    inFlight.start();
    inFlight.start();
    expect(inFlight.count).toBe(2);
    const settled = vi.fn();
    const waiting = [inFlight.settled(1000).then(settled), inFlight.settled(2000).then(settled)];
    inFlight.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(settled).not.toHaveBeenCalled();
    inFlight.end();
    await Promise.all(waiting);
    expect(settled.mock.calls).toEqual([[true], [true]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait for a handler that waits itself, and for all others", async () => {
    const inFlight = new RunningHandlers();
    const caller = { isOver: false };
    inFlight.start();
    inFlight.start();
    inFlight.exempt(caller);
    const settled = vi.fn();
    const waiting = inFlight.settled(1000).then(settled);
    await vi.advanceTimersByTimeAsync(10);
    expect(settled).not.toHaveBeenCalled();
    inFlight.end();
    await waiting;
    expect(settled).toHaveBeenCalledWith(true);
  });

  it("waits for all others also when that one has come to its end first", async () => {
    const inFlight = new RunningHandlers();
    const caller = { isOver: false };
    inFlight.start();
    inFlight.start();
    inFlight.exempt(caller);
    const settled = vi.fn();
    const waiting = inFlight.settled(1000).then(settled);
    caller.isOver = true;
    inFlight.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(settled).not.toHaveBeenCalled();
    inFlight.end();
    await waiting;
    expect(settled).toHaveBeenCalledWith(true);
  });

  it("says when handlers take longer than anybody wants to wait, and can be asked again", async () => {
    const inFlight = new RunningHandlers();
    inFlight.start();
    const settled = inFlight.settled(1000);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(settled).resolves.toBe(false);
    const again = inFlight.settled(1000);
    inFlight.end();
    await expect(again).resolves.toBe(true);
  });
});
