import { createSecretKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionTokens, sessionKey } from "../../../src/dashboard/access/session-tokens.ts";

const key = createSecretKey(Buffer.alloc(32, 1));
const hour = 3_600_000;

describe("a token", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells the user's name, until its time is over", () => {
    const tokens = new SessionTokens(key, hour);
    const token = tokens.make("Žofie; Path=/");
    expect(token).toMatch(/^[\w.-]+$/);
    vi.advanceTimersByTime(hour - 1);
    expect(tokens.read(token)).toMatchObject({ user: "Žofie; Path=/" });
    vi.advanceTimersByTime(1);
    expect(tokens.read(token)).toBeNull();
  });

  it("counts wherever the key is known, and nowhere else", () => {
    const token = new SessionTokens(key, hour).make("ops");
    expect(new SessionTokens(key, 1).read(token)?.user).toBe("ops");
    const other = createSecretKey(Buffer.alloc(32, 2));
    expect(new SessionTokens(other, hour).read(token)).toBeNull();
  });

  it("is random, and ends on request without ending others", () => {
    const tokens = new SessionTokens(key, hour);
    const [first, second] = [tokens.make("ops"), tokens.make("ops")];
    expect(first).not.toBe(second);
    const { id = "", until = 0 } = tokens.read(first) ?? {};
    tokens.end(id, until);
    expect(tokens.read(first)).toBeNull();
    expect(tokens.read(second)?.user).toBe("ops");
  });

  it.each([undefined, "", "a", "x".repeat(2000), "1.2.3.4", "...", "zzz.AAAAAAAAAAAAAAAAAAAA.b3Bz."])(
    "is not %j",
    (text) => {
      expect(new SessionTokens(key, hour).read(text)).toBeNull();
    },
  );
});

it("the key follows from the secret alone", async () => {
  const exported = async (secret: string) => (await sessionKey(secret)).export().toString("hex");
  expect(await exported("a")).toBe(await exported("a"));
  expect(await exported("a")).not.toBe(await exported("b"));
});
