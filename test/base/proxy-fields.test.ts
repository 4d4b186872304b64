import { expect, it } from "vitest";
import { isPassedOn } from "../../src/base/proxy-fields.ts";

it.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip"])(
  "%s tells of a proxy",
  (field) => {
    expect(isPassedOn((name) => name === field)).toBe(true);
  },
);

it("other header fields do not", () => {
  const sent = ["host", "origin", "connection", "x-requested-with"];
  expect(isPassedOn((name) => sent.includes(name))).toBe(false);
});
