import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Poller } from "../../../../src/dashboard/page/parts/poller.ts";

/** The part of a browser's document that is used. */
class FakeDocument extends EventTarget {
  hidden = false;

  show(isVisible: boolean): void {
    this.hidden = !isVisible;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const page = new FakeDocument();

beforeEach(() => {
  vi.useFakeTimers();
  page.hidden = false;
});
afterEach(() => {
  vi.useRealTimers();
});

function pollerOf(task: (signal: AbortSignal) => Promise<unknown>) {
  const heard: unknown[] = [];
  const owner = {
    visibility: page,
    onFine: () => heard.push("fine"),
    onFault: (error: unknown) => heard.push(error),
  };
  return { poller: new Poller(task, 2000, owner), heard };
}

it("asks at once, and again after each pause", async () => {
  const task = vi.fn(async () => {});
  const { poller, heard } = pollerOf(task);
  poller.start();
  await vi.advanceTimersByTimeAsync(4000);
  expect(task).toHaveBeenCalledTimes(3);
  expect(heard).toEqual(["fine", "fine", "fine"]);
  poller.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(task).toHaveBeenCalledTimes(3);
});

it("asks nothing while the page is hidden, gives up the request under way, and asks at once when it is seen", async () => {
  const signals: AbortSignal[] = [];
  const { poller, heard } = pollerOf((signal) => {
    signals.push(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
  });
  poller.start();
  page.show(false);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  page.show(true);
  expect(signals).toHaveLength(2);
  expect(heard).toEqual([]);
  poller.stop();
});

it("tells of a fault, and goes on", async () => {
  const fault = new Error("no answer");
  const task = vi.fn(async () => {}).mockRejectedValueOnce(fault);
  const { poller, heard } = pollerOf(task);
  poller.start();
  await vi.advanceTimersByTimeAsync(2000);
  expect(heard).toEqual([fault, "fine"]);
  poller.stop();
});
