import { expect, it } from "vitest";
import { resolvePointer } from "../../../src/cli/contract/json-pointer.ts";

const document = { "a/b": { "c d": [{ "~": 1 }] }, "100%": 2 };

it.each([
  ["#", document],
  ["#/a~1b/c%20d/0/~0", 1],
  ["#/a~1b/c d/0", { "~": 1 }],
  ["#/100%", 2],
  ["#/a~1b/nothing/there", undefined],
  ["#/constructor", undefined],
  ["https://example.com/#/a", undefined],
  [undefined, undefined],
])("follows %j", (reference, value) => {
  expect(resolvePointer(document, reference)).toEqual(value);
});
