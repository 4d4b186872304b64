import { scryptSync } from "node:crypto";
import { hashSync } from "bcryptjs";
import { expect, it } from "vitest";
import { isPasswordHash, isUnknownHash } from "../../../src/dashboard/access/password-hash.ts";

const base64 = scryptSync("tea", "salt", 32, { N: 2 }).toString("base64");
const known = [hashSync("tea", 4), `$scrypt$ln=10,r=8,p=1$c2FsdA==$${base64}`];
const cut = [hashSync("tea", 4).slice(0, -1), "$2b$10$short", "$argon2id$v=19$m=1$a$b", "$6$salt$hash"];

it("hashes are told from passwords by their form", () => {
  expect(known.map(isPasswordHash)).toEqual([true, true]);
  expect([...cut, "correct horse"].map(isPasswordHash)).toEqual(Array(5).fill(false));
});

it("hashes that nothing can be checked with are told from passwords, too", () => {
  expect(cut.map(isUnknownHash)).toEqual(Array(4).fill(true));
  expect([...known, "correct horse", "$100 and more$", "a$b$c"].map(isUnknownHash)).toEqual(
    Array(5).fill(false),
  );
});
