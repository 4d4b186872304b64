import { describe, expect, it } from "vitest";
import { cookieHeader, cookieNamed, handshakeRequest } from "../../src/session/handshake-request.ts";
import type { SessionRequest } from "../../src/session/http-session.ts";

const handshake = (cookie?: string | string[], secure = false): SessionRequest => ({
  url: "/socket.io/?EIO=4",
  headers: { host: "localhost", ...(cookie === undefined ? {} : { cookie }) },
  secure,
  address: "192.0.2.1",
});

describe("the cookies of a handshake", () => {
  it.each<[string, string | string[] | undefined, string | undefined]>([
    ["one line", "a=1; b=2", "a=1; b=2"],
    ["several lines", ["a=1", "b=2"], "a=1; b=2"],
    ["none", undefined, undefined],
  ])("are one line: %s", (_what, given, line) => {
    expect(cookieHeader(handshake(given))).toBe(line);
  });

  it("are found by their exact name, in any line, and decoded", () => {
    const request = handshake(["theme=dark", "sid=s%3Aabc.def%2B; SID=other"]);
    expect(cookieNamed(request, "sid")).toBe("s:abc.def+");
    expect(cookieNamed(request, "theme")).toBe("dark");
    expect(cookieNamed(request, "id")).toBe(undefined);
  });

  it.each(["constructor", "__proto__", "toString"])("have no %s that no visitor sent", (name) => {
    expect(cookieNamed(handshake("a=1"), name)).toBe(undefined);
    expect(cookieNamed(handshake(), name)).toBe(undefined);
  });
});

describe("the stand-in for the request", () => {
  it("says what session libraries look at", () => {
    expect(handshakeRequest(handshake("a=1"))).toEqual({
      method: "GET",
      url: "/socket.io/?EIO=4",
      originalUrl: "/socket.io/?EIO=4",
      headers: { host: "localhost", cookie: "a=1" },
      protocol: "http",
      secure: false,
      ip: "192.0.2.1",
      socket: { encrypted: false, remoteAddress: "192.0.2.1" },
      connection: { encrypted: false, remoteAddress: "192.0.2.1" },
    });
  });

  it("says that the request came over TLS, in all the ways that libraries ask", () => {
    expect(handshakeRequest(handshake("a=1", true))).toMatchObject({
      protocol: "https",
      secure: true,
      socket: { encrypted: true },
      connection: { encrypted: true },
    });
  });

  it("joins the lines of cookies, and leaves the request as it is", () => {
    const request = handshake(["a=1", "b=2"]);
    expect(handshakeRequest(request).headers).toEqual({ host: "localhost", cookie: "a=1; b=2" });
    expect(request.headers.cookie).toEqual(["a=1", "b=2"]);
  });
});
