import { describe, expect, it } from "vitest";
import { ScrapeAccess, type ScrapeRequest } from "../../src/prometheus/scrape-access.ts";

function request(address: string | null, headers: Record<string, string> = {}): ScrapeRequest {
  return { address, header: (name) => headers[name] ?? null };
}

describe("the access to metrics", () => {
  it.each([
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.9",
    "fd00::5",
    "fe80::1%eth0",
  ])("is open to %s without a proxy", async (address) => {
    expect(await new ScrapeAccess(null, null).check(request(address))).toBe(null);
  });

  it.each([
    [request("203.0.113.5")],
    [request("172.32.0.1")],
    [request("2001:db8::1")],
    [request("no address")],
    [request(null)],
    [request("127.0.0.1", { "x-forwarded-for": "203.0.113.5" })],
    [request("127.0.0.1", { "x-forwarded-proto": "https" })],
    [request("127.0.0.1", { forwarded: "for=203.0.113.5" })],
  ])("is closed to others, and says what to do", async (from) => {
    expect(await new ScrapeAccess(null, null).check(from)).toMatchObject({
      status: 403,
      text: expect.stringContaining("token"),
    });
  });

  it("needs the token where there is one, from everywhere", async () => {
    const access = new ScrapeAccess("a very long token", null);
    const bearer = (token: string) => request("203.0.113.5", { authorization: `Bearer ${token}` });
    expect(await access.check(bearer("a very long token"))).toBe(null);
    const lowerCase = request("203.0.113.5", { authorization: "bearer a very long token" });
    expect(await access.check(lowerCase)).toBe(null);
    expect(await access.check(bearer("a very long tokem"))).toMatchObject({ status: 401 });
    expect(await access.check(request("127.0.0.1"))).toMatchObject({ status: 401 });
  });

  it("asks a function of the application, which must say true", async () => {
    const own = new ScrapeAccess(null, async ({ address }) => address === "203.0.113.5");
    expect(await own.check(request("203.0.113.5"))).toBe(null);
    expect(await own.check(request("127.0.0.1"))).toMatchObject({ status: 403 });
    const sloppy = new ScrapeAccess(null, () => 1 as unknown as boolean);
    expect(await sloppy.check(request("127.0.0.1"))).toMatchObject({ status: 403 });
  });
});
