import { describe, expect, it } from "vitest";
import type { CorsOptions } from "../../../src/engine/engine-options.ts";
import { OriginPolicy } from "../../../src/engine/request/origin-policy.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

const reported: unknown[] = [];
const policy = (cors: CorsOptions | null) => new OriginPolicy(cors, (error) => reported.push(error));

const from = (origin: string | undefined, host = "chat.example", secure = false) =>
  fakeRequest("/socket.io/", { headers: { origin, host }, secure });

describe("OriginPolicy.allows, by the same-origin rule", () => {
  it.each([
    ["no origin", undefined, "chat.example", false, true],
    ["the same host", "http://chat.example", "chat.example", false, true],
    ["the same host and port", "http://chat.example:5000", "chat.example:5000", false, true],
    ["the default port, named by the request", "http://chat.example", "chat.example:80", false, true],
    ["another case", "http://chat.example", "CHAT.Example", false, true],
    ["an IPv6 address", "http://[::1]:5000", "[::1]:5000", false, true],
    ["TLS that ends in front of the server", "https://chat.example", "chat.example", false, true],
    ["TLS that ends here", "https://chat.example", "chat.example", true, true],
    ["TLS on its default port", "https://chat.example", "chat.example:443", true, true],
    ["the WebSocket's own scheme", "ws://chat.example:5000", "chat.example:5000", false, true],
    ["the WebSocket's own scheme over TLS", "wss://chat.example", "chat.example", true, true],
    ["TLS in front, by the WebSocket's own scheme", "wss://chat.example", "chat.example", false, true],
    ["a plain WebSocket's scheme on a TLS server", "ws://chat.example", "chat.example", true, false],
    ["another host by the WebSocket's own scheme", "wss://evil.example", "chat.example", true, false],
    ["a plain page on a TLS server", "http://chat.example", "chat.example", true, false],
    ["another host", "http://evil.example", "chat.example", false, false],
    ["another port", "http://chat.example:8080", "chat.example:5000", false, false],
    ["another port than the default one", "http://chat.example:8080", "chat.example", false, false],
    ["a subdomain", "http://www.chat.example", "chat.example", false, false],
    ["a longer name", "http://chat.example.evil.example", "chat.example", false, false],
    ["the name as a user", "http://chat.example@evil.example", "chat.example", false, false],
    ["a page without an origin", "null", "chat.example", false, false],
    ["no origin's form", "chat.example", "chat.example", false, false],
    ["an empty origin", "", "chat.example", false, false],
    ["a file", "file://", "chat.example", false, false],
    ["an empty host", "http://chat.example", "", false, false],
    ["a host that is none", "http://chat.example", "%", false, false],
  ])("%s", (_, origin, host, secure, allowed) => {
    expect(policy(null).allows(from(origin, host, secure))).toBe(allowed);
  });

  it("compares with the host that a trusted proxy tells of", () => {
    const request = { ...from("https://shop.example", "inner:5000"), host: "shop.example" };
    expect(policy(null).allows(request)).toBe(true);
    expect(
      policy(null).allows({ ...request, headers: { origin: "http://inner:5000", host: "inner:5000" } }),
    ).toBe(false);
  });

  it("takes a request without a host for one of another origin", () => {
    expect(policy(null).allows(fakeRequest("/", { headers: { origin: "http://chat.example" } }))).toBe(false);
  });
});

describe("OriginPolicy.allows, with named origins", () => {
  const page = "https://app.example";
  const global = /^https:\/\/app\.example$/g;

  it.each<[string, CorsOptions["origin"], string, boolean]>([
    ["all", "*", page, true],
    ["all, also pages without an origin", "*", "null", true],
    ["this one", page, page, true],
    ["this one", page, "https://app.example:8443", false],
    ["this one", page, "http://app.example", false],
    ["this one", page, "https://app.example.evil.example", false],
    ["this one", page, "wss://app.example", true],
    ["this one", page, "ws://app.example", false],
    ["a slash at the end", `${page}/`, page, true],
    ["capitals", "HTTPS://App.Example", page, true],
    ["the default port", `${page}:443`, page, true],
    ["another script", "https://bücher.example", "https://xn--bcher-kva.example", true],
    ["the WebSocket's own scheme", "wss://app.example", page, true],
    ["pages without an origin", "null", "null", true],
    ["an application's own scheme", "capacitor://localhost", "capacitor://localhost", true],
    ["a list with a slash at the end", ["https://a.example", `${page}/`], page, true],
    ["a list", ["https://a.example", page], page, true],
    ["a list", ["https://a.example", /\.app\.example$/], "https://x.app.example", true],
    ["a list", ["https://a.example"], page, false],
    ["a list of all", ["*"], page, true],
    ["an empty list", [], page, false],
    ["a pattern", /^https:\/\/app\./, page, true],
    ["a pattern", /^https:\/\/app\./, "https://evil.example?https://app.", false],
    ["a pattern with memory", global, page, true],
    ["a pattern with memory, again", global, page, true],
    ["a function", (origin) => origin.endsWith(".example"), page, true],
    ["a function", () => false, page, false],
  ])("%s: %s from %s is %s", (_, origin, sender, allowed) => {
    expect(policy({ origin }).allows(from(sender))).toBe(allowed);
  });

  it.each([
    "https://*.app.example",
    "app.example",
    "https://app.example/chat",
    "https://app.example?a",
    "",
    " ",
    "https://a@app.example",
  ])("does not take %j, which no page can have as its origin", (origin) => {
    expect(() => policy({ origin })).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining(JSON.stringify(origin)),
      }),
    );
    expect(() => policy({ origin: [page, origin] })).toThrow("cors.origin");
  });

  it("still allows the server's own pages", () => {
    expect(policy({ origin: page }).allows(from("http://chat.example"))).toBe(true);
  });

  it("gives a function the request", () => {
    const seen: unknown[] = [];
    const request = from(page);
    policy({ origin: (...values) => seen.push(values) > 0 }).allows(request);
    expect(seen).toEqual([[page, request]]);
  });

  it("takes nothing but true for a yes, so a function that is async by mistake opens nothing", () => {
    for (const answer of [Promise.resolve(false), Promise.resolve(true), 1, "yes", {}]) {
      expect(policy({ origin: () => answer as unknown as boolean }).allows(from(page))).toBe(false);
    }
  });

  it("takes a function that throws for a no, and reports what it threw", () => {
    const error = new TypeError("Invalid URL");
    const broken = policy({
      origin: () => {
        throw error;
      },
    });
    expect(broken.allows(from(page))).toBe(false);
    expect(broken.headers(from(page))).toEqual({ vary: "Origin" });
    expect(reported).toEqual([error, error]);
  });

  it("takes a function whose promise rejects for a no, and reports that", async () => {
    reported.length = 0;
    const error = new Error("no answer from the database");
    const async = policy({ origin: () => Promise.reject(error) as unknown as boolean });
    expect(async.allows(from(page))).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reported).toEqual([error]);
  });
});

describe("OriginPolicy.headers", () => {
  const named = "https://app.example";

  it.each<[string, CorsOptions | null, string | undefined, Record<string, string>]>([
    ["nothing without the option", null, named, {}],
    [
      "the origin that is named",
      { origin: named },
      named,
      { "access-control-allow-origin": named, vary: "Origin" },
    ],
    ["no other origin", { origin: named }, "https://evil.example", { vary: "Origin" }],
    ["that the answer depends on the origin", { origin: named }, undefined, { vary: "Origin" }],
    ["a star for all", { origin: "*" }, named, { "access-control-allow-origin": "*" }],
    ["nothing to programs that are no page", { origin: "*" }, undefined, {}],
    [
      "that cookies may come along",
      { origin: named, credentials: true },
      named,
      { "access-control-allow-origin": named, "access-control-allow-credentials": "true", vary: "Origin" },
    ],
    ["nothing of cookies to others", { origin: named, credentials: true }, "null", { vary: "Origin" }],
  ])("tell %s", (_, cors, origin, headers) => {
    expect(policy(cors).headers(from(origin))).toEqual(headers);
  });
});

describe("OriginPolicy.preflightHeaders", () => {
  it("tell what pages may send, and for how long that is so", () => {
    const cors = { origin: "https://app.example", allowedHeaders: ["authorization"], maxAge: 600 };
    expect(policy(cors).preflightHeaders(from("https://app.example"))).toEqual({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "content-type,authorization",
      "access-control-max-age": "600",
      vary: "Origin",
    });
  });

  it("tell others nothing", () => {
    const cors = { origin: "https://app.example", allowedHeaders: ["authorization"], maxAge: 600 };
    expect(policy(cors).preflightHeaders(from("https://evil.example"))).toEqual({ vary: "Origin" });
    expect(policy(null).preflightHeaders(from("https://evil.example"))).toEqual({});
  });
});
