import { expect, it } from "vitest";
import { boundMisfits } from "../../../src/cli/contract/schema-bounds.ts";

it.each([
  [{ maxLength: 10 }, { maxLength: 20 }, []],
  [{ maxLength: 20 }, { maxLength: 10 }, ["breaks maxLength was 20, and is 10"]],
  [{}, { maxLength: 10 }, ["breaks maxLength was not set, and is 10"]],
  [{}, { minLength: 0 }, []],
  [{ minLength: 2 }, { minLength: 1 }, []],
  [{ minimum: 0 }, { exclusiveMinimum: 0 }, ["breaks exclusiveMinimum was not set, and is 0"]],
  [{ minimum: 1 }, { exclusiveMinimum: 0 }, []],
  [{ exclusiveMinimum: 0 }, { minimum: 0 }, []],
  [{ exclusiveMaximum: 9 }, { maximum: 8 }, ["breaks maximum was not set, and is 8"]],
  [{}, { pattern: "^a" }, ['breaks pattern was not set, and is "^a"']],
  [{ pattern: "^b" }, { pattern: "^a" }, ['unclear pattern was "^b", and is "^a"']],
  [{ format: "email" }, {}, []],
  [{ const: "a" }, { maxLength: 3 }, ["unclear maxLength was not set, and is 3"]],
  [{ const: "a", maxLength: 2 }, { const: "a", maxLength: 1 }, []],
])("compares %j with %j", (sent, taken, misfits) => {
  const found = boundMisfits({ sent, taken, isFromClient: true });
  expect(found.map(({ verdict, text }) => `${verdict} ${text}`)).toEqual(misfits);
});

it("names the earlier limit first, whichever end has changed", () => {
  const found = boundMisfits({ sent: { maximum: 9 }, taken: { maximum: 5 }, isFromClient: false });
  expect(found).toEqual([{ verdict: "breaks", text: "maximum was 5, and is 9" }]);
});
