import { describe, expect, it } from "vitest";
import { settleOptions } from "../../src/base/options.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";

const settle = (given: object) => settleOptions(engineOptions, given, "new SocketIO()");

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
    { cookie: "" },
    { cookie: 1 },
    { cookie: "a name" },
    { cookie: { name: () => "io" } },
    { cookie: { sameSite: "sometimes" } },
    { cookie: { maxAge: "a day" } },
    { cookie: { samesite: "lax" } },
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
});
