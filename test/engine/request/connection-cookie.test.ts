import { describe, expect, it } from "vitest";
import {
  type CookieOptions,
  connectionCookie,
  isConnectionCookie,
} from "../../../src/engine/request/connection-cookie.ts";

describe("the cookie of a connection", () => {
  it("has a name, safe attributes, and Secure over TLS", () => {
    expect(connectionCookie(true, "ID", false)).toBe("io=ID; Path=/; HttpOnly; SameSite=Lax");
    expect(connectionCookie("node", "ID", true)).toBe("node=ID; Path=/; HttpOnly; Secure; SameSite=Lax");
  });

  it("asks the functions among its attributes for each connection", () => {
    let count = 0;
    const cookie = {
      name: "node",
      domain: () => "a.example",
      maxAge: () => {
        count += 1;
        return count * 60;
      },
      secure: () => true,
      httpOnly: () => false,
    };
    const made = [connectionCookie(cookie, "A", false), connectionCookie(cookie, "B", false)];
    expect(made).toEqual([
      "node=A; Max-Age=60; Domain=a.example; Path=/; Secure; SameSite=Lax",
      "node=B; Max-Age=120; Domain=a.example; Path=/; Secure; SameSite=Lax",
    ]);
  });

  it("is Secure where browsers do not take it otherwise", () => {
    for (const cookie of [{ sameSite: "none" }, { partitioned: true }, "__Secure-io", "__Host-io"] as const) {
      expect(isConnectionCookie(cookie)).toBe(true);
      expect(connectionCookie(cookie, "ID", false)).toContain("; Secure");
    }
    expect(connectionCookie({ sameSite: "strict" }, "ID", false)).not.toContain("Secure");
  });

  it("takes an attribute that is undefined as one that is not there", () => {
    const cookie = { path: undefined, domain: () => undefined, sameSite: undefined } as object;
    expect(connectionCookie(cookie, "ID", false)).toBe("io=ID; Path=/; HttpOnly; SameSite=Lax");
  });

  it.each<[string, () => unknown, string]>([
    ["path", () => "/a\r\nx: y", 'a path that begins with a slash and has no ";", not "/a\\r\\nx: y"'],
    ["maxAge", () => 1.5, "an integer (seconds), not 1.5"],
    ["sameSite", () => "sometimes", 'true, false, "lax", "strict" or "none", not "sometimes"'],
    ["domain", () => () => "a.example", "the name of a host, without a port, not a function"],
    ["secure", async () => true, "true or false, not a Promise"],
    ["expires", () => Promise.reject(new Error("no date")), "a valid Date, not a Promise"],
  ])("cannot be made where the function for %s gives what it cannot be", async (attribute, give, what) => {
    const make = () => connectionCookie({ [attribute]: give } as CookieOptions, "ID", false);
    expect(make).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: `The function "${attribute}" of the option "cookie" must give ${what}.`,
      }),
    );
    // What an async function rejects with is not left unheard, which would end the process.
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("calls no function before there is a connection", () => {
    const never = () => {
      throw new Error("called too early");
    };
    expect(isConnectionCookie({ domain: never })).toBe(true);
    expect(() => connectionCookie({ domain: never }, "A", false)).toThrow("called too early");
  });
});
