import { describe, expect, it } from "vitest";
import { type InstrumentOptions, settleInstrument } from "../../src/admin/instrument-options.ts";

const hash = `$2b$10$${"a".repeat(53)}`;
const auth = { type: "basic", username: "ada", password: hash } as const;
const messageOf = (options: object) => {
  try {
    settleInstrument(options as InstrumentOptions);
  } catch (error) {
    return String(error);
  }
  return "";
};

describe("the options of instrument()", () => {
  it("must say how to log in", () => {
    expect(messageOf({})).toContain('needs the option "auth"');
    expect(settleInstrument({ auth: false }).auth).toBeNull();
    expect(settleInstrument({ auth }).auth).toEqual([auth]);
    const check = { type: "basic", password: () => true } as const;
    expect(settleInstrument({ auth: [auth, check] }).auth).toEqual([auth, check]);
  });

  it.each([
    [{ ...auth, password: "secret-tea" }, "npx --package bcryptjs bcrypt"],
    [[auth, { ...auth, password: "secret-tea" }], "npx --package bcryptjs bcrypt"],
    [{ type: "basic", password: hash }, "must be"],
    [{ ...auth, type: "digest" }, "must be"],
    [{ ...auth, user: "ada" }, "must be"],
    [[], "must be"],
    [true, "must be"],
  ])("refuse the login %j without quoting a password", (given, words) => {
    const message = messageOf({ auth: given });
    expect(message).toContain(words);
    expect(message).not.toContain("secret-tea");
  });

  it("have a path for the pages that ends in a slash", () => {
    const pathOf = (serveUi: boolean | string) => settleInstrument({ auth, serveUi }).uiPath;
    expect([false, true, "/tools/admin", "/ops/"].map(pathOf)).toEqual([
      null,
      "/admin/",
      "/tools/admin/",
      "/ops/",
    ]);
    for (const serveUi of ["admin", "/", "/a?b", "", "/a/../b", "/a/.", "//a", "/a//b/"])
      expect(messageOf({ auth, serveUi })).toContain("must be");
  });
});
