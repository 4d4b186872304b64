import { describe, expect, it } from "vitest";
import { errorText, isInstance, onRejection } from "../../src/base/foreign-value.ts";
import { show } from "../../src/base/options.ts";

const fail = () => {
  throw new Error("the lamp is out");
};
const barred = new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail });
const thenable = {
  // biome-ignore lint/suspicious/noThenProperty: that is the point
  then: (_resolve: unknown, reject: (reason: string) => void) => reject("of a thenable"),
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a value of foreign code", () => {
  it.each([
    ["an error", new Error("why"), "why"],
    ["text", "why", "why"],
    ["nothing", undefined, "undefined"],
    ["a symbol", Symbol("why"), "Symbol(why)"],
    ["an error whose message throws", Object.defineProperty(new Error(), "message", { get: fail }), null],
    [
      "an error whose message is an object that throws",
      Object.assign(new Error(), { message: barred }),
      null,
    ],
    ["an object without a prototype", Object.create(null), null],
    ["an object whose toString throws", { toString: fail }, null],
    ["a proxy that throws at everything", barred, null],
  ])("that is %s has a text", (_what, value, text) => {
    expect(errorText(value)).toBe(text ?? "an error that cannot be read");
  });

  it("is shown in a message, whatever it is", () => {
    expect([barred, Object.create(null), Symbol("why")].map(show)).toEqual([
      "an object that cannot be read",
      "{}",
      "Symbol(why)",
    ]);
  });

  it("is of a class or not, and asking never throws", () => {
    expect([isInstance(new TypeError(), Error), isInstance("text", Error)]).toEqual([true, false]);
    expect(isInstance(barred, Error)).toBe(false);
  });

  it("that is a promise which rejects is reported, as is one that cannot be waited for", async () => {
    const reported: unknown[] = [];
    const report = (reason: unknown) => void reported.push(errorText(reason));
    onRejection(Promise.reject("of a promise"), report);
    onRejection(thenable, report);
    onRejection(barred, report);
    for (const value of [undefined, null, 1, {}, Promise.resolve(1)]) onRejection(value, report);
    await settled();
    expect(reported.toSorted()).toEqual(["of a promise", "of a thenable", "the lamp is out"]);
  });
});
