import { describe, expect, it, vi } from "vitest";
import { EventListeners } from "../../src/browser/event-listeners.ts";

describe("EventListeners", () => {
  it("calls the listeners of an event with its values, and returns the first result", () => {
    const listeners = new EventListeners();
    const heard: unknown[] = [];
    listeners.add("say", (...values: unknown[]) => void heard.push(values));
    listeners.add("say", () => "first");
    listeners.add("say", () => "second");
    expect(listeners.fire("say", 1, 2)).toBe("first");
    expect(heard).toEqual([[1, 2]]);
    expect(listeners.fire("other")).toBeUndefined();
  });

  it("forgets a listener, or all of an event", () => {
    const listeners = new EventListeners();
    const first = vi.fn();
    const second = vi.fn();
    const stop = listeners.add("say", first);
    listeners.add("say", second);
    stop();
    listeners.fire("say");
    expect(first).not.toHaveBeenCalled();
    listeners.remove("say");
    expect(listeners.has("say")).toBe(false);
    listeners.fire("say");
    expect(second).toHaveBeenCalledTimes(1);
  });

  it("calls the other listeners when one throws, and leaves the error to the program", () => {
    const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    const listeners = new EventListeners();
    const other = vi.fn();
    listeners.add("say", () => {
      throw new Error("mine");
    });
    listeners.add("say", other);
    listeners.fire("say");
    expect(other).toHaveBeenCalled();
    expect(later.mock.calls[0]?.[0]).toThrow("mine");
    later.mockRestore();
  });

  it("does not call a listener that is added by another one", () => {
    const listeners = new EventListeners();
    const added = vi.fn();
    listeners.add("say", () => void listeners.add("say", added));
    listeners.fire("say");
    expect(added).not.toHaveBeenCalled();
  });
});
