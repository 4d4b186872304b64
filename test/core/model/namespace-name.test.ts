import { expect, it } from "vitest";
import { isNamespaceName } from "../../../src/core/model/namespace-name.ts";

it.each([
  ["/", true],
  ["/chat", true],
  ["chat", false],
  ["", false],
  [undefined, false],
  [{}, false],
])("tells whether %j can name a namespace: %s", (name, expected) => {
  expect(isNamespaceName(name)).toBe(expected);
});
