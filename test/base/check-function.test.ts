import { expect, it } from "vitest";
import { checkFunction } from "../../src/base/check-function.ts";

it("takes functions of every kind", () => {
  class Chat {}
  for (const value of [() => {}, async () => {}, function* () {}, Chat, new Proxy(() => {}, {})])
    expect(() => checkFunction("The handler", value)).not.toThrow();
});

it.each<[string, unknown, string]>([
  ["a name", "my_ping", '"my_ping"'],
  ["nothing", undefined, "undefined"],
  ["an object with a method", { handle() {} }, "{ handle }"],
  ["the promise of a function", Promise.resolve(() => {}), "a Promise"],
])("says what it got instead of a function: %s", (_what, value, shown) => {
  expect(() => checkFunction("The listener of traces", value)).toThrow(
    expect.objectContaining({
      code: "ERR_HANDLER",
      message: `The listener of traces must be a function, not ${shown}.`,
    }),
  );
});
