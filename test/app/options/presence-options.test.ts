import { describe, expect, it } from "vitest";
import { type PresenceOptions, settlePresence } from "../../../src/app/options/presence-options.ts";

describe("the arguments of onPresence()", () => {
  it("are completed, but for the prefix", () => {
    expect(settlePresence("user:", {})).toEqual({
      prefix: "user:",
      online: null,
      offline: null,
      grace: 10_000,
      namespace: "/",
    });
  });

  it("may watch all rooms of any namespace, and leave no time for a return", () => {
    const online = () => {};
    const watch = { online, offline: null, grace: 0, namespace: "/chat" };
    expect(settlePresence("", watch)).toEqual({ prefix: "", ...watch });
    expect(settlePresence("", { namespace: "" }).namespace).toBe("/");
  });

  it.each([[undefined], [null], [5], [{ online() {} }]])("begin with a text, which %j is not", (prefix) => {
    expect(() => settlePresence(prefix, {})).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining("begin with") }),
    );
  });

  it.each<[object, string, RegExp]>([
    [{ online: "log" }, "ERR_OPTION", /"online" of onPresence\(\) must be a function, not "log"\.$/],
    [{ grace: -1 }, "ERR_OPTION", /"grace" of onPresence\(\) must be .*\bms\b.*, not -1\.$/],
    [{ namespace: "chat" }, "ERR_NAMESPACE", /"namespace" of onPresence\(\) must be .*, not "chat"\.$/],
    [{ offlin: () => {} }, "ERR_OPTION", /Did you mean "offline"\?$/],
  ])("refuse %j", (given, code, message) => {
    expect(() => settlePresence("user:", given as PresenceOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
