import { describe, expect, it } from "vitest";
import { isFromThisMachine, requestFault } from "../../../src/dashboard/access/request-guard.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

const field = { "x-roomcast-dashboard": "1" };
const json = { "content-type": "application/json" };

describe("a request for data", () => {
  it.each([
    ["a GET without an origin", "GET", {}],
    ["a POST of the same origin", "POST", { ...json, origin: "http://tools.example" }],
    ["a POST behind TLS that ends in a proxy", "POST", { ...json, origin: "https://tools.example" }],
    [
      "a POST through a proxy that names another host, where the browser says so",
      "POST",
      { ...json, origin: "https://public.example", "sec-fetch-site": "same-origin" },
    ],
  ])("may go on: %s", (_what, method, headers) => {
    const request = fakeRequest("/", { method, headers: { host: "tools.example", ...field, ...headers } });
    expect(requestFault(request)).toBeNull();
  });

  it.each([
    ["without the field of the page", "GET", { "x-roomcast-dashboard": "0" }],
    ["of another origin", "POST", { ...json, origin: "http://tools.example.evil" }],
    ["of another port", "POST", { ...json, origin: "http://tools.example:81" }],
    ["a POST without an origin", "POST", json],
    ["of another site", "GET", { "sec-fetch-site": "cross-site" }],
    ["typed into the address bar", "GET", { "sec-fetch-site": "none" }],
    ["of another method", "PUT", { ...json, origin: "http://tools.example" }],
    ["of a form", "POST", { origin: "http://tools.example" }],
    [
      "of a type that only begins like JSON",
      "POST",
      { "content-type": "application/jsonp", origin: "http://tools.example" },
    ],
  ])("is refused: %s", (_what, method, headers) => {
    const request = fakeRequest("/", { method, headers: { host: "tools.example", ...field, ...headers } });
    expect(requestFault(request)).toEqual(expect.any(String));
  });
});

describe("this machine", () => {
  const from = (address: string, headers: Record<string, string>) =>
    isFromThisMachine(fakeRequest("/", { address, headers }));

  it.each([
    ["127.0.0.1", "localhost:5000"],
    ["::1", "[::1]:5000"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
  ])("is %s that asks for %s", (address, host) => {
    expect(from(address, { host })).toBe(true);
  });

  it("is no other address, no other name, and nothing behind a proxy", () => {
    expect(from("192.0.2.1", { host: "localhost" })).toBe(false);
    expect(from("127.0.0.1", { host: "rebound.example" })).toBe(false);
    expect(from("127.0.0.1", {})).toBe(false);
    expect(from("127.0.0.1", { host: "localhost", "x-forwarded-for": "192.0.2.1" })).toBe(false);
    expect(from("127.0.0.1", { host: "localhost", "x-forwarded-proto": "https" })).toBe(false);
    expect(from("127.0.0.1", { host: "localhost", forwarded: "for=192.0.2.1" })).toBe(false);
  });
});
