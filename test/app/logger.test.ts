import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger } from "../../src/app/logger.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("consoleLogger", () => {
  it("writes to the console, and says who warns and complains", () => {
    const [info, warn, error] = (["info", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    );
    const cause = new Error("why");
    consoleLogger.info("for your information");
    consoleLogger.warn("beware");
    consoleLogger.error("it failed", cause);
    consoleLogger.error("it failed");
    expect(info?.mock.calls).toEqual([["for your information"]]);
    expect(warn?.mock.calls).toEqual([["[roomcast] beware"]]);
    expect(error?.mock.calls).toEqual([["[roomcast] it failed", cause], ["[roomcast] it failed"]]);
  });
});
