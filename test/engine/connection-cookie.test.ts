import { describe, expect, it } from "vitest";
import { connectionCookie, isConnectionCookie } from "../../src/engine/connection-cookie.ts";

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

  it("calls no function before there is a connection", () => {
    const never = () => {
      throw new Error("called too early");
    };
    expect(isConnectionCookie({ domain: never })).toBe(true);
    expect(() => connectionCookie({ domain: never }, "A", false)).toThrow("called too early");
  });
});
