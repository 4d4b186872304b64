import { expect, it } from "vitest";
import { LoginAttempts } from "../../src/admin/login-attempts.ts";
import { FakeClock } from "../support/fake-clock.ts";

const limits = { perAddress: 2, total: 5, period: 60_000 };

it("lets an address try a few times in a period", () => {
  const clock = new FakeClock();
  const attempts = new LoginAttempts(clock, limits);
  expect([1, 2, 3].map(() => attempts.begin("192.0.2.1"))).toEqual([true, true, false]);
  expect(attempts.begin("192.0.2.2")).toBe(true);
  clock.advance(60_000);
  expect(attempts.begin("192.0.2.1")).toBe(true);
});

it("does not count the attempts that were right", () => {
  const attempts = new LoginAttempts(new FakeClock(), limits);
  for (let round = 0; round < 10; round += 1) {
    expect(attempts.begin("192.0.2.1")).toBe(true);
    attempts.succeed("192.0.2.1");
  }
  attempts.begin("192.0.2.1");
  attempts.begin("192.0.2.1");
  expect(attempts.begin("192.0.2.1")).toBe(false);
});

it("counts the addresses of one subscriber together", () => {
  const attempts = new LoginAttempts(new FakeClock(), limits);
  attempts.begin("2001:db8::1");
  attempts.begin("2001:db8::2");
  expect(attempts.begin("2001:db8::3")).toBe(false);
  expect(attempts.begin("2001:db8:0:1::1")).toBe(true);
});

it("limits all addresses together", () => {
  const attempts = new LoginAttempts(new FakeClock(), limits);
  for (let host = 1; host <= 5; host += 1) expect(attempts.begin(`192.0.2.${host}`)).toBe(true);
  expect(attempts.begin("192.0.2.99")).toBe(false);
});

it("tells once in a period that an address has to wait, and that all have to", () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const attempts = new LoginAttempts(clock, limits, (address) => told.push(address));
  for (let attempt = 0; attempt < 5; attempt += 1) attempts.begin("192.0.2.1");
  expect(told).toEqual(["192.0.2.1"]);
  for (let host = 2; host < 20; host += 1) attempts.begin(`192.0.2.${host}`);
  expect(told).toEqual(["192.0.2.1", "192.0.2.5"]);
  clock.advance(60_000);
  for (let attempt = 0; attempt < 5; attempt += 1) attempts.begin("192.0.2.1");
  expect(told).toHaveLength(3);
});
