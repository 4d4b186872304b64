import { describe, expect, it } from "vitest";
import { resolveOptions } from "../../src/base/options.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";

const settle = (given: object) => resolveOptions(engineOptions, given, "new SocketIO()");

describe("engineOptions", () => {
  it.each([
    { path: "/" },
    { pingInterval: 2 ** 30 - 1, pingTimeout: 2 ** 30 - 1 },
    { path: "/ws/" },
    { transports: ["websocket"] },
    { cookie: true },
    { cookie: "io" },
    { cookie: { name: "io", path: "/", sameSite: "strict" } },
    { cookie: { domain: () => "a.example", maxAge: () => 60, partitioned: true } },
    { cors: null },
    { cors: { origin: "*" } },
    { cors: { origin: "*", credentials: false } },
    { cors: { origin: [] } },
    { cors: { origin: ["https://a.example", /b/], credentials: true, allowedHeaders: ["x"], maxAge: 0 } },
    { cors: { origin: () => true, credentials: true } },
    { allowRequest: async () => true },
  ])("take %o", (given) => {
    expect(settle(given)).toMatchObject(given);
  });

  it.each([
    { path: "socket.io" },
    { path: "/a?b" },
    { path: "/a#b" },
    { transports: [] },
    { transports: ["webtransport"] },
    { transports: "polling" },
    { pingInterval: 0 },
    // Clients wait for the sum of the two, and their timers know about 25 days.
    { pingInterval: 2 ** 30 },
    { pingTimeout: Number.MAX_SAFE_INTEGER },
    { pingTimeout: Number.POSITIVE_INFINITY },
    { maxHttpBufferSize: 0 },
    { trustedProxies: 1 },
    { trustedProxies: ["proxy.example"] },
    { cookie: "" },
    { cookie: 1 },
    { cookie: "a name" },
    { cookie: { name: () => "io" } },
    { cookie: { sameSite: "sometimes" } },
    { cookie: { maxAge: "a day" } },
    { cookie: { samesite: "lax" } },
    { cookie: "__Host-io", cors: { origin: "https://a.example", allowedHeaders: ["x-token\r\n"] } },
    { cors: { origin: "https://a.example", allowedHeaders: ["x token"] } },
    { cors: { origin: "https://a.example", allowedHeaders: [""] } },
    { cors: "*" },
    { cors: {} },
    { cors: { origin: true } },
    { cors: { origin: [["https://a.example"]] } },
    { cors: { origin: [true] } },
    { cors: { origin: "*", credentials: true } },
    { cors: { origin: ["https://a.example", "*"], credentials: true } },
    { cors: { origin: "https://a.example", credentials: "true" } },
    { cors: { origin: "https://a.example", allowedHeaders: "x-token" } },
    { cors: { origin: "https://a.example", allowedHeaders: [1] } },
    { cors: { origin: "https://a.example", maxAge: "600" } },
    { cors: { origin: "https://a.example", methods: ["GET"] } },
    { allowRequest: true },
  ])("refuse %o", (given) => {
    expect(() => settle(given)).toThrow(/must be|has no option/);
  });

  it.each<[attribute: string, values: unknown[]]>([
    ["name", ["", "a b", "a;b", "a,b", 'a"b', "a=b", "ü", "a\n", 5, null, {}]],
    ["path", ["", "live", "/a;b", "/聊", "/a\n", 5, null, ["/a"]]],
    ["domain", ["", "a b", "https://a.example", "a.example:80", "聊.example", 5, null, ["a.example"]]],
    ["maxAge", [1.5, "60", Number.NaN, Number.POSITIVE_INFINITY, null, 10n, new Date()]],
    ["expires", ["tomorrow", 5, null, new Date(Number.NaN), { toUTCString: () => "now" }]],
    ["sameSite", ["sometimes", "lax ", "", 1, null, ["lax"]]],
    ["httpOnly", ["true", 0, null]],
    ["secure", ["auto", 1, null]],
    ["partitioned", ["yes", 1, null]],
    ["priority", ["urgent", 1, null]],
  ])("say which attribute of the cookie is wrong: %s", (attribute, values) => {
    for (const value of values) {
      expect(() => settle({ cookie: { [attribute]: value } })).toThrow(
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`The option "${attribute}" of the option "cookie" of`),
        }),
      );
    }
  });

  it("refuse attributes of the cookie that browsers do not take together", () => {
    for (const cookie of [
      { sameSite: "none", secure: false },
      { partitioned: true, secure: false },
      { name: "__Secure-io", secure: false },
      { name: "__Host-io", secure: false },
      { name: "__Host-io", domain: "a.example" },
      { name: "__Host-io", path: "/live" },
    ]) {
      expect(() => settle({ cookie })).toThrow('The option "cookie" of');
    }
  });
});
