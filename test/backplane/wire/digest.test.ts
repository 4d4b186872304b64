import { expect, it } from "vitest";
import { digestOf } from "../../../src/backplane/wire/digest.ts";

it("is as long for every name, and fit for names in a broker", () => {
  for (const name of ["", "room", "ö".repeat(5000)]) expect(digestOf(name)).toMatch(/^[\w-]{43}$/);
});

it("differs for different names, and is the same in every process", () => {
  expect(digestOf("a")).not.toBe(digestOf("b"));
  expect(digestOf("")).toBe("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
});
