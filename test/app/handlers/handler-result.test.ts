import { describe, expect, it } from "vitest";
import { Failure, handlerFailed, isThenable, refusalIn } from "../../../src/app/handlers/handler-result.ts";
import { ConnectionRefusedError } from "../../../src/base/errors.ts";

/** A value that fails however it is read. */
const unreadable = new Proxy(
  {},
  new Proxy(
    {},
    {
      get() {
        throw new Error("it was read");
      },
    },
  ),
);

describe("a failure", () => {
  it("keeps its error, and answers the caller with nothing of it", () => {
    const failure = new Failure(new Error("the password is hunter2"));
    expect(failure.answer).toBe(handlerFailed);
    expect(JSON.stringify(failure.answer)).not.toContain("hunter2");
    expect(Failure.is(failure)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["an object with the same members", { error: new Error("no"), answer: handlerFailed }],
    ["an object with the same prototype", Object.create(Failure.prototype)],
    ["an error", new Error("no")],
    ["nothing", undefined],
    ["null", null],
    ["a value that cannot be read", unreadable],
  ])("is not what a handler has returned: %s", (_what, value) => {
    expect(Failure.is(value)).toBe(false);
  });
});

describe("the refusal of a connect handler", () => {
  it("is the error it threw, of an application's own class too", () => {
    class MembersOnly extends ConnectionRefusedError {}
    for (const refusal of [new ConnectionRefusedError("no"), new MembersOnly("no", { price: 5 })])
      expect(refusalIn(refusal)).toBe(refusal);
  });

  it.each<[string, unknown]>([
    ["another error", new Error("broken")],
    ["a text", "no"],
    ["an object that looks like one", { name: "ConnectionRefusedError", message: "no" }],
    ["a value that cannot be read", unreadable],
  ])("is none where it threw something else, which is thrown on: %s", (_what, thrown) => {
    let caught: unknown;
    try {
      refusalIn(thrown);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
  });
});

describe("isThenable()", () => {
  it.each<[string, unknown, boolean]>([
    ["a promise", Promise.resolve(), true],
    // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
    ["an object with a function then", { then() {} }, true],
    // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
    ["data with a member then", { then: "later" }, false],
    ["a function", () => {}, false],
    ["null", null, false],
    ["nothing", undefined, false],
  ])("tells a promise of any library from other values: %s", (_what, value, expected) => {
    expect(isThenable(value)).toBe(expected);
  });
});
