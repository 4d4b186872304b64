import { beforeEach, describe, expect, it } from "vitest";
import { AuthExpiry } from "../../../src/core/client/auth-expiry.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let clock: FakeClock;
let told: unknown[];
let expiry: AuthExpiry;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  expiry = new AuthExpiry(clock, {
    onExpiring: (expiresAt) => told.push(expiresAt),
    onExpired: () => told.push("expired"),
  });
});

describe("Expiry", () => {
  it("tells some time before, and at the end", () => {
    expiry.set(1_700_000_000_000, 60_000, 10_000);
    clock.advance(49_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([1_700_000_000_000]);
    clock.advance(10_000);
    expect(told).toEqual([1_700_000_000_000, "expired"]);
    expect(clock.timerCount).toBe(0);
  });

  it("tells at once when there is less time than that, and nothing before where that is wanted", () => {
    expiry.set(1, 5000, 10_000);
    clock.advance(0);
    expect(told).toEqual([1]);
    expiry.set(2, 5000, 0);
    clock.advance(5000);
    expect(told).toEqual([1, "expired"]);
  });

  it("starts again when it is set again, and stops when it is cancelled", () => {
    expiry.set(1, 1000, 0);
    clock.advance(900);
    expiry.set(2, 1000, 0);
    clock.advance(900);
    expect(told).toEqual([]);
    expiry.cancel();
    clock.advance(5000);
    expect([told, clock.timerCount]).toEqual([[], 0]);
  });

  it("waits for longer than timers can", () => {
    const year = 365 * 86_400_000;
    expiry.set(1, year, 0);
    clock.advance(year - 1000);
    expect(told).toEqual([]);
    clock.advance(1000);
    expect(told).toEqual(["expired"]);
  });
});
