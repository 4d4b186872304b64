import { describe, expect, it } from "vitest";
import {
  isTrustedProxies,
  ProxyChain,
  type TrustedProxies,
} from "../../../src/engine/request/proxy-chain.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

function see(trusted: TrustedProxies, address: string, forwarded?: string | string[], protocol?: string) {
  const headers = { host: "localhost", "x-forwarded-for": forwarded, "x-forwarded-proto": protocol };
  const seen = new ProxyChain(trusted).see(fakeRequest("/socket.io/?a=1", { address, headers }));
  return { address: seen.address, secure: seen.secure };
}

describe("ProxyChain", () => {
  const local = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];

  it.each<[string, TrustedProxies, string, string | string[] | undefined, string]>([
    ["one proxy of one", ["10.0.0.1"], "10.0.0.1", "203.0.113.7", "203.0.113.7"],
    [
      "what a client made up is not believed",
      ["10.0.0.1"],
      "10.0.0.1",
      "198.51.100.9, 203.0.113.7",
      "203.0.113.7",
    ],
    ["two proxies of two", local, "10.0.0.1", "198.51.100.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"],
    ["a chain of proxies alone", local, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["no header", local, "10.0.0.1", undefined, "10.0.0.1"],
    ["a known proxy", local, "10.0.0.1", "203.0.113.7", "203.0.113.7"],
    [
      "known proxies, one after the other",
      local,
      "127.0.0.1",
      "198.51.100.9,203.0.113.7, 10.1.2.3",
      "203.0.113.7",
    ],
    ["an unknown peer", local, "203.0.113.7", "198.51.100.9", "203.0.113.7"],
    ["a proxy known by IPv6, seen from IPv4", local, "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["an IPv6 client", local, "fd00::1", "2001:db8::7", "2001:db8::7"],
    ["ports and brackets", local, "10.0.0.1", "203.0.113.7:4711, 10.0.0.2:80", "203.0.113.7"],
    ["brackets of IPv6", local, "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"],
    ["several header fields", local, "10.0.0.1", ["198.51.100.9", "203.0.113.7"], "203.0.113.7"],
    ["a word that is no address", local, "10.0.0.1", "unknown", "10.0.0.1"],
    ["a word that is no address behind a proxy", local, "10.0.0.1", "<script>, 10.0.0.2", "10.0.0.2"],
    ["a peer without an address", local, "", "203.0.113.7", ""],
    ["a Unix socket that is known", ["unix:"], "", "203.0.113.7", "203.0.113.7"],
    ["a known proxy behind that", ["unix:", "10.0.0.0/8"], "", "203.0.113.7, 10.0.0.2", "203.0.113.7"],
    ["an unknown peer beside that", ["unix:"], "203.0.113.7", "198.51.100.9", "203.0.113.7"],
  ])("finds the client: %s", (_, trusted, address, forwarded, expected) => {
    expect(see(trusted, address, forwarded).address).toBe(expected);
  });

  it("believes a proxy alone that the client used TLS", () => {
    expect(see(local, "10.0.0.1", "203.0.113.7", "https").secure).toBe(true);
    expect(see(local, "10.0.0.1", "203.0.113.7", "https, http").secure).toBe(false);
    expect(see(local, "10.0.0.1", "203.0.113.7", "wss").secure).toBe(true);
    expect(see(local, "203.0.113.7", "203.0.113.7", "https").secure).toBe(false);
    expect(see(local, "10.0.0.1", "203.0.113.7").secure).toBe(false);
  });

  it.each<[string, string, string | undefined, boolean]>([
    ["a made up one before the proxy's", "203.0.113.7", "https, http", false],
    ["two proxies that each add theirs", "203.0.113.7, 10.0.0.2", "https, http", true],
    ["a made up one before those", "203.0.113.7, 10.0.0.2", "https, http, http", false],
    ["two proxies of which one replaces it", "203.0.113.7, 10.0.0.2", "https", true],
    ["a proxy that tells of no address", "", "http, https", true],
    ["a proxy that does not tell", "203.0.113.7", undefined, false],
    ["a word that is no protocol", "203.0.113.7", "https://", false],
  ])("takes the protocol from proxies that are trusted alone: %s", (_, hops, protocol, secure) => {
    expect(see(local, "10.0.0.1", hops, protocol).secure).toBe(secure);
  });

  it.each<[string, string, string, string | undefined, string | undefined]>([
    ["one proxy", "10.0.0.1", "203.0.113.7", "shop.example", "shop.example"],
    [
      "a made up one before the proxy's",
      "10.0.0.1",
      "203.0.113.7",
      "evil.example, shop.example",
      "shop.example",
    ],
    [
      "two proxies that each add theirs",
      "10.0.0.1",
      "203.0.113.7, 10.0.0.2",
      "shop.example, inner.local",
      "shop.example",
    ],
    [
      "two proxies of which one replaces it",
      "10.0.0.1",
      "203.0.113.7, 10.0.0.2",
      "shop.example",
      "shop.example",
    ],
    ["a proxy that does not tell", "10.0.0.1", "203.0.113.7", undefined, undefined],
    ["an unknown peer", "203.0.113.7", "203.0.113.7", "evil.example", undefined],
  ])("knows the host that the client asked: %s", (_, address, hops, forwardedHost, expected) => {
    const headers = { host: "inner", "x-forwarded-for": hops, "x-forwarded-host": forwardedHost };
    const seen = new ProxyChain(local).see(fakeRequest("/", { address, headers }));
    expect([seen.host, seen.headers.host]).toEqual([expected, "inner"]);
  });

  it("believes no client that reaches the server past the proxy, before or after a proxy's request", () => {
    const chain = new ProxyChain(local);
    const addresses = ["203.0.113.9", "10.0.0.1", "203.0.113.9", "10.0.0.1"].map(
      (address) =>
        chain.see(fakeRequest("/", { address, headers: { "x-forwarded-for": "198.51.100.9" } })).address,
    );
    expect(addresses).toEqual(["203.0.113.9", "198.51.100.9", "203.0.113.9", "198.51.100.9"]);
  });

  it("hands on everything else of the request", () => {
    const options = { method: "POST", headers: { host: "x" }, address: "10.0.0.1" };
    const { method, url, path, query, headers } = new ProxyChain(local).see(
      fakeRequest("/socket.io/?a=1", options),
    );
    expect({ method, url, path, a: query.get("a"), headers }).toEqual({
      method: "POST",
      url: "/socket.io/?a=1",
      path: "/socket.io/",
      a: "1",
      headers: { host: "x" },
    });
  });
});

describe("isTrustedProxies", () => {
  it.each([[[]], [["::1"]], [["10.0.0.0/8", "fd00::/8"]], [["unix:"]]])("takes %j", (value) => {
    expect(isTrustedProxies(value)).toBe(true);
  });

  it.each([
    [0],
    [1],
    ["10.0.0.1"],
    [true],
    [["localhost"]],
    [["10.0.0.0/33"]],
    [["10.0.0.0/"]],
    [["10.0.0.0/8/8"]],
    [[1]],
  ])("refuses %j", (value) => {
    expect(isTrustedProxies(value)).toBe(false);
  });
});
