import { describe, expect, it, vi } from "vitest";
import { type DashboardOptions, settleDashboard } from "../../../src/app/options/dashboard-options.ts";

const auth = { username: "ops", password: "correct horse" };
const settle = (options: object) => settleDashboard(options as DashboardOptions, "/socket.io/");

describe("dashboard()", () => {
  it("fills in the defaults", () => {
    expect(settle({ auth, path: "/ops/live/" })).toEqual({
      auth,
      path: "/ops/live",
      readonly: false,
      payloads: true,
      sessionDuration: 43_200_000,
      secret: null,
    });
  });

  it("hides payloads in production, unless they are switched on", () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(settle({ auth }).payloads).toBe(false);
    expect(settle({ auth, payloads: true }).payloads).toBe(true);
    vi.unstubAllEnvs();
  });

  it.each([
    ["no auth", {}, 'needs the option "auth"'],
    ["an auth that is undefined by mistake", { auth: undefined }, "is undefined"],
    ["true", { auth: true }, "not true"],
    ["a short password", { auth: { username: "ops", password: "short" } }, "a password of 5 characters"],
    ["a hash that is cut", { auth: { username: "ops", password: "$2b$10$short" } }, "not complete"],
    [
      "a hash of another kind",
      { auth: { username: "ops", password: "$argon2id$v=19$m=1$a$b" } },
      "neither of",
    ],
    ["no username", { auth: { password: "correct horse" } }, "without a username"],
    [
      "a username that is undefined by mistake",
      { auth: { username: undefined, password: () => true } },
      "without a username",
    ],
    ["no password", { auth: { username: "ops", password: undefined } }, "without a password"],
    ["a misspelt member", { auth: { ...auth, pasword: "x" } }, 'with "pasword"'],
    ["a path that is none", { auth, path: "roomcast" }, "path"],
    ["a path that climbs", { auth, path: "/a/../b" }, "path"],
    ["the whole server", { auth, path: "/" }, "path"],
    ["the path of the clients", { auth, path: "/socket.io" }, "must not be that of the clients"],
    ["a short secret", { auth, secret: "short" }, "at least 32 characters"],
    ["a mistyped option", { auth, readOnly: true }, 'Did you mean "readonly"?'],
  ])("refuses %s", (_what, options, message) => {
    expect(() => settle(options)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining(message) }),
    );
  });

  it("has no password in its messages", () => {
    const given = { auth: { username: "ops", password: "hush" }, secret: "hush" };
    for (const options of [given, { auth, secret: "hush" }])
      expect(() => settle(options)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("hush") }),
      );
  });
});
