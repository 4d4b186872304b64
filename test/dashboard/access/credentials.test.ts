import { scryptSync } from "node:crypto";
import { hashSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { Credentials } from "../../../src/dashboard/access/credentials.ts";

const password = "correct horse";
const salt = Buffer.from("a salt of a test");
const derived = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 });
const scryptHash = `$scrypt$ln=10,r=8,p=1$${salt.toString("base64")}$${derived.toString("base64")}`;

describe("a password", () => {
  it.each([
    ["as it is", password],
    ["as a hash of bcrypt", hashSync(password, 4)],
    ["as a hash of scrypt", scryptHash],
    ["for a function", async (given: string, username: string) => given === password && username === "ops"],
  ])("is right with its name, and nothing else is: %s", async (_form, known) => {
    const credentials = new Credentials({ username: "ops", password: known });
    await credentials.loaded();
    expect(await credentials.areRight("ops", password)).toBe(true);
    for (const wrong of ["Correct horse", "", `${password} `])
      expect(await credentials.areRight("ops", wrong)).toBe(false);
    expect(await credentials.areRight("root", password)).toBe(false);
  });

  it("is for a function alone where there is no name", async () => {
    const people: Readonly<Record<string, string>> = { ada: "tea", ben: "milk" };
    const credentials = new Credentials({ password: (given, username) => people[username] === given });
    const attempts = [
      ["ada", "tea"],
      ["ben", "milk"],
      ["ben", "tea"],
      ["eve", "tea"],
    ] as const;
    const answers = attempts.map(([username, given]) => credentials.areRight(username, given));
    expect(await Promise.all(answers)).toEqual([true, true, false, false]);
  });

  it("is not looked at where it is very long", async () => {
    const credentials = new Credentials({ username: "ops", password: () => true });
    expect(await credentials.areRight("ops", "x".repeat(1025))).toBe(false);
  });

  it("is right only where a function says true", async () => {
    const credentials = new Credentials({ username: "ops", password: () => "yes" as never });
    expect(await credentials.areRight("ops", password)).toBe(false);
  });
});
