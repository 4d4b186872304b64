import { expect, it } from "vitest";
import { orderingOption } from "../../../src/app/options/ordering-option.ts";
import { resolveOptions } from "../../../src/base/options.ts";

const settle = (given: object) => resolveOptions({ ordering: orderingOption }, given, "new SocketIO()");

it("lets handlers run side by side where nothing else is said", () => {
  expect(settle({})).toEqual({ ordering: "concurrent" });
  expect(settle({ ordering: "serial" })).toEqual({ ordering: "serial" });
});

it.each([["parallel"], [true], [null]])("refuses %j, and names both orders", (ordering) => {
  expect(() => settle({ ordering })).toThrow('must be "concurrent" or "serial", not ');
});

it("knows its name in Flask-SocketIO", () => {
  expect(() => settle({ async_handlers: true })).toThrow('Did you mean "ordering"?');
});
