import { describe, expect, it, vi } from "vitest";
import { isHidden, onWake } from "../../src/browser/browser-events.ts";
import { FakePage } from "../support/fake-websocket.ts";

describe("onWake", () => {
  it("hears what wakes a page, but not its first showing", () => {
    const page = new FakePage();
    const wake = vi.fn();
    const stop = onWake(wake);
    page.dispatch("pageshow", { persisted: false });
    expect(wake).not.toHaveBeenCalled();
    page.dispatch("pageshow", { persisted: true });
    page.dispatch("online");
    page.dispatch("resume");
    page.dispatch("visibilitychange");
    expect(wake).toHaveBeenCalledTimes(4);
    stop();
    page.dispatch("online");
    expect(wake).toHaveBeenCalledTimes(4);
    expect(page.listenerCount).toBe(0);
  });

  it("does nothing outside of a page", () => {
    expect(() => onWake(() => {})()).not.toThrow();
  });
});

describe("isHidden", () => {
  it("asks the page, where there is one", () => {
    expect(isHidden()).toBe(false);
    const page = new FakePage();
    expect(isHidden()).toBe(false);
    page.document.hidden = true;
    expect(isHidden()).toBe(true);
  });
});
