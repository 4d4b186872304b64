import { describe, expect, it } from "vitest";
import { EventRefusal, isRefusal, refuse } from "../../src/contract/refusal.ts";

describe("refuse()", () => {
  it("makes an error with its code and its data", () => {
    const error = refuse("muted", { until: 5 });
    expect(error).toBeInstanceOf(EventRefusal);
    expect(error).toMatchObject({ code: "muted", data: { until: 5 }, name: "EventRefusal" });
    expect(error.message).toBe("The event was refused: muted");
    expect(refuse("full").data).toBeUndefined();
  });
});

describe("isRefusal()", () => {
  it("knows refusals of other copies of the class", () => {
    class EventRefusal extends Error {
      readonly "~refusal" = 1;
    }
    expect([new EventRefusal(), refuse("full")].map(isRefusal)).toEqual([true, true]);
  });

  it("takes nothing else for one, and survives what cannot be read", () => {
    const broken = new Proxy(new Error(), {
      get() {
        throw new Error("unreadable");
      },
      getPrototypeOf() {
        throw new Error("unreadable");
      },
    });
    expect([new Error("no"), { "~refusal": 1 }, null, undefined, broken].map(isRefusal)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });
});
