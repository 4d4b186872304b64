import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { AdminLogin } from "../../src/admin/admin-login.ts";
import type { AdminAuth } from "../../src/admin/instrument-options.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { LogLines } from "../support/log-lines.ts";
import { PeerNetwork } from "../support/peer-network.ts";

const basic = (username: string, password: AdminAuth["password"]): AdminAuth => ({
  type: "basic",
  username,
  password,
});
const hash = (password: string) => bcrypt.hashSync(password, 4);

function loginOf(...auth: AdminAuth[]) {
  return loginIn(new PeerNetwork(), "one", auth);
}

function loginIn(network: PeerNetwork, node: string, auth: readonly AdminAuth[]) {
  const logger = new LogLines();
  const peers = network.join(node);
  const login = new AdminLogin(auth, 60_000, { clock: new FakeClock(), peers, logger });
  const check = (given: unknown, address = "192.0.2.1") => login.check(given, address);
  return { login, check, logger };
}

describe("AdminLogin", () => {
  it("lets in by a name and a hashed password, and then by the session", async () => {
    const { login, check } = loginOf(basic("ada", hash("tea")), basic("eve", hash("coffee")));
    await login.prepare();
    const admitted = await check({ username: "eve", password: "coffee" });
    expect(admitted).toEqual({ username: "eve", sessionId: expect.any(String) });
    expect(await check({ sessionId: admitted?.sessionId })).toEqual({ username: "eve", sessionId: null });
    expect(await check({ username: "eve", password: "tea" })).toBeNull();
  });

  it("lets in by a session that is no longer valid, where name and password are right", async () => {
    const { check } = loginOf(basic("ada", hash("tea")));
    const given = { sessionId: "old", username: "ada", password: "tea" };
    expect(await check(given)).toMatchObject({ username: "ada", sessionId: expect.any(String) });
  });

  it("ends the sessions of an administrator that the options name no more", async () => {
    const network = new PeerNetwork();
    const [ada, eve] = [basic("ada", () => true), basic("eve", () => true)];
    const old = loginIn(network, "old", [ada, eve]);
    const admitted = await Promise.all(
      ["ada", "eve"].map((username) => old.check({ username, password: "tea" })),
    );
    const next = loginIn(network, "next", [ada]);
    const again = admitted.map((each) => next.check({ sessionId: each?.sessionId }));
    expect(await Promise.all(again)).toEqual([{ username: "ada", sessionId: null }, null]);
  });

  it("compares the password of an unknown name too, so that time tells nothing", async () => {
    const seen: string[] = [];
    const { check } = loginOf(basic("ada", (_name, password) => seen.push(password) > 0));
    expect(await check({ username: "eve", password: "tea" })).toBeNull();
    expect(seen).toEqual(["tea"]);
  });

  it("takes nothing but true for a yes", async () => {
    const { check } = loginOf(basic("ada", () => "true" as never));
    expect(await check({ username: "ada", password: "tea" })).toBeNull();
  });

  it("counts no attempt where nothing is entered", async () => {
    const { check } = loginOf(basic("ada", hash("tea")));
    for (let visit = 0; visit < 20; visit += 1) expect(await check({ sessionId: null })).toBeNull();
    expect(await check({ username: "ada", password: "tea" })).not.toBeNull();
  });

  it("logs a refusal with the address, and no more of it", async () => {
    const { check, logger } = loginOf(basic("ada", hash("tea")));
    await check({ username: "name-given", password: "password-given" });
    for (let attempt = 0; attempt < 10; attempt += 1) await check({ sessionId: "session-given" });
    expect(logger.lines[0]).toBe("warn A login to the admin interface from 192.0.2.1 was refused");
    for (let attempt = 0; attempt < 100; attempt += 1) await check({ sessionId: "session-given" });
    expect(logger.lines).toHaveLength(11);
    expect(logger.lines.at(-1)).toContain("there were too many");
    expect(logger.lines.join()).not.toContain("given");
  });
});
