import { describe, expect, it } from "vitest";
import { isLoopback } from "../../src/adapter/loopback.ts";

describe("isLoopback", () => {
  it.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])("says yes of %s", (address) => {
    expect(isLoopback({ address })).toBe(true);
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "10.127.0.1", "1270::1", "::11", "::ffff:10.0.0.1", ""])(
    "says no of %j",
    (address) => {
      expect(isLoopback({ address })).toBe(false);
    },
  );

  it.each([["/run/app.sock"], [null], [undefined]])(
    "says no of %j: a Unix socket, or a server that does not listen",
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});
