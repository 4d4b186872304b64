import { expect, it } from "vitest";
import { describePattern, isNamespacePattern } from "../../../src/app/options/namespace-pattern.ts";

it.each<[string, unknown]>([
  ["a name", "/chat"],
  ["the main namespace", "/"],
  ["every namespace", "*"],
  ["a pattern", /^\/game-\d+$/],
  ["a function", (name: string) => name.length < 10],
  ["an async function", async () => true],
])("%s stands for namespaces", (_what, value) => {
  expect(isNamespacePattern(value)).toBe(true);
});

it.each<[string, unknown]>([
  ["a name without its slash", "chat"],
  ["a name with a comma, which ends the name in a packet", "/a,b"],
  ["a pattern as a text", "^/game"],
  ["an empty text", ""],
  ["a list", ["/chat"]],
  ["an object like a pattern", { test: () => true }],
  ["nothing", undefined],
])("%s stands for no namespace", (_what, value) => {
  expect(isNamespacePattern(value)).toBe(false);
});

it("says in messages which namespaces are meant", () => {
  function tenantsOnly() {
    return true;
  }
  expect(describePattern("/chat")).toBe("/chat");
  expect(describePattern(/^\/game/i)).toBe("/^\\/game/i");
  expect(describePattern(tenantsOnly)).toBe("the namespaces of tenantsOnly");
  expect(
    describePattern(
      (
        () => () =>
          true
      )(),
    ),
  ).toBe("the namespaces of a function");
});
