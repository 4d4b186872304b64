import { describe, expect, it } from "vitest";
import { contract } from "../../src/contract/contract.ts";
import { isErrorOf } from "../../src/contract/error-guard.ts";
import { event } from "../../src/contract/event-definition.ts";
import { type } from "../../src/contract/plain-type.ts";

const chat = contract({
  client: { say: event(type<string>(), { errors: { muted: type<{ until: number }>() } }), look: event() },
  errors: { full: type() },
});

describe("isErrorOf()", () => {
  it("knows the errors of an event, and those that all events have", () => {
    const error = Object.assign(new Error("Refused."), { code: "muted", data: { until: 5 } });
    expect(isErrorOf(chat, "say", error)).toBe(true);
    expect(isErrorOf(chat, "look", error)).toBe(false);
    for (const name of ["say", "look"] as const) expect(isErrorOf(chat, name, { code: "full" })).toBe(true);
  });

  it("takes nothing else for one", () => {
    const others = [
      new Error("no"),
      { code: "ERR_TIMEOUT" },
      { code: "toString" },
      { code: 5 },
      "muted",
      null,
    ];
    for (const error of [...others, undefined]) expect(isErrorOf(chat, "say", error)).toBe(false);
    expect(isErrorOf(contract({}), "say" as never, { code: "muted" })).toBe(false);
  });
});
