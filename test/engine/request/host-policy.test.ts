import { describe, expect, it } from "vitest";
import {
  type AllowedHosts,
  HostPolicy,
  hostPolicy,
  isAllowedHosts,
} from "../../../src/engine/request/host-policy.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

const onLoopback = { listensOnLoopback: true };
const onNetwork = { listensOnLoopback: false };

const to = (host: string | undefined, forwarded?: string) => ({
  ...fakeRequest("/socket.io/", { headers: { host } }),
  host: forwarded,
});

/** What no stranger's page can have as the name of its server. */
const own = [
  "localhost",
  "localhost:5000",
  "LocalHost:5000",
  "localhost.:5000",
  "app.localhost",
  "127.0.0.1",
  "127.0.0.1:5000",
  "[::1]:5000",
  "192.168.1.5:5000",
  "[2001:db8::7]",
  "::1",
  "::1:33619",
  "2001:db8::7:5000",
  undefined,
];

const strange = [
  "evil.example",
  "evil.example:5000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "evillocalhost",
  "",
  "[",
  "[::1",
  "%",
  "2130706433",
  "127.1",
  "evil.example:1:2",
];

describe("HostPolicy without names", () => {
  it.each(own)("lets in a client that asks for %s, wherever it listens", (host) => {
    expect(new HostPolicy(null).allows(to(host), onLoopback)).toBe(true);
    expect(new HostPolicy(null).allows(to(host), onNetwork)).toBe(true);
  });

  it.each(strange)("refuses a client that asks for %j where it listens on this machine alone", (host) => {
    const policy = new HostPolicy(null);
    expect(policy.allows(to("localhost"), onLoopback)).toBe(true);
    if (host !== "") expect(policy.allows(to(host), onLoopback)).toBe(false);
    expect(policy.allows(to(host), onNetwork)).toBe(true);
  });

  it("remembers no host that is allowed only because of where the server listens", () => {
    const policy = new HostPolicy(null);
    expect(policy.allows(to("chat.example"), onNetwork)).toBe(true);
    expect(policy.allows(to("chat.example"), onLoopback)).toBe(false);
  });
});

describe("HostPolicy with names", () => {
  it.each<[AllowedHosts, string, boolean]>([
    ["chat.example", "chat.example", true],
    ["chat.example", "CHAT.Example.:8443", true],
    ["Chat.Example", "chat.example", true],
    ["chat.example", "www.chat.example", false],
    ["chat.example", "chat.example.evil.example", false],
    [".chat.example", "chat.example", true],
    [".chat.example", "a.b.chat.example:80", true],
    [".chat.example", "evilchat.example", false],
    [["a.example", ".b.example"], "x.b.example", true],
    [["a.example", ".b.example"], "b.example", true],
    [["a.example", ".b.example"], "x.a.example", false],
    ["münchen.example", "xn--mnchen-3ya.example", true],
    [[], "a.example", false],
    [[], "localhost:1", true],
    [[], "10.0.0.1", true],
  ])("%j: %s is allowed: %s", (allowed, host, verdict) => {
    for (const carrier of [onLoopback, onNetwork])
      expect(new HostPolicy(allowed).allows(to(host), carrier)).toBe(verdict);
  });

  it("looks at the host that a trusted proxy was asked for", () => {
    const policy = new HostPolicy("chat.example");
    expect(policy.allows(to("inner", "chat.example"), onLoopback)).toBe(true);
    expect(policy.allows(to("chat.example", "evil.example"), onLoopback)).toBe(false);
  });
});

describe("hostPolicy", () => {
  it("looks at nothing where any host may be asked for, or a proxy stands before the server", () => {
    expect(hostPolicy("*", false)).toBeNull();
    expect(hostPolicy(["a.example", "*"], false)).toBeNull();
    expect(hostPolicy(null, true)).toBeNull();
    expect(hostPolicy(null, false)).not.toBeNull();
    expect(hostPolicy("a.example", true)).not.toBeNull();
  });
});

describe("isAllowedHosts", () => {
  it.each([null, "a.example", ".a.example", "*", [], ["a", ".b.example", "münchen.example"]])(
    "takes %j",
    (value) => {
      expect(isAllowedHosts(value)).toBe(true);
    },
  );

  it.each([
    "",
    ".",
    "..a",
    "a.example:80",
    "https://a.example",
    "a.example/",
    "*.example",
    "a b",
    true,
    1,
    {},
    [1],
    /a/,
  ])("refuses %j", (value) => {
    expect(isAllowedHosts(value)).toBe(false);
  });
});
