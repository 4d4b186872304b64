import { describe, expect, it } from "vitest";
import { isToken } from "../../../src/engine/request/header-token.ts";

describe("isToken", () => {
  it.each(["x", "X-Session_1", "!#$%&'*+-.^_`|~"])("takes %s", (name) => {
    expect(isToken(name)).toBe(true);
  });

  it.each(["", "a b", "a:b", "a;b", "a=b", "a,b", "(a)", "a\r\nb", "a\n", "ä", "\u0000"])(
    "refuses %j",
    (name) => {
      expect(isToken(name)).toBe(false);
    },
  );

  it.each([undefined, null, 5, ["x"], { toString: () => "x" }])("refuses %o, which is no text", (value) => {
    expect(isToken(value)).toBe(false);
  });
});
