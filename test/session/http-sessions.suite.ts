/**
 * What holds for the sessions of every library. An application answers `POST /login` (sets `user: "ada"` and
 * `cart: { apples: 1 }`), `POST /set?key=…&value=…`, `POST /logout`, and `GET /session` with the session's
 * data.
 */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Application, type HandshakeKind, Site, type StoringApplication, Visitor } from "./site.ts";

const loggedIn = { user: "ada", cart: { apples: 1 } };
const sessionError = expect.objectContaining({ name: "RoomcastError", code: "ERR_SESSION" });

/** Starts a site that is closed when the test ends. */
export async function startSite(application: Application): Promise<Site> {
  const site = await Site.start(application);
  onTestFinished(() => site[Symbol.asyncDispose]());
  return site;
}

/** Starts a site and logs a visitor in. */
export async function logIn(application: Application, headers?: Record<string, string>): Promise<Visitor> {
  const visitor = new Visitor(await startSite(application), headers);
  await visitor.request("POST", "/login");
  return visitor;
}

/** Reading, for every library. */
export function describeReading(create: () => Application | Promise<Application>): void {
  describe("reads", () => {
    let application: Application;
    beforeEach(async () => {
      application = await create();
    });

    it.each<HandshakeKind>(["polling", "upgrade", "in-process"])("what a login set (%s)", async (kind) => {
      const visitor = await logIn(application);
      expect(visitor.cookies.size).toBeGreaterThan(0);
      const session = await visitor.connect(kind);
      expect(await session.read()).toEqual(loggedIn);
    });

    it("a plain object that belongs to the caller", async () => {
      const session = await (await logIn(application)).connect();
      const data = await session.read();
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      (data.cart as { apples: number }).apples = 99;
      data.user = "eve";
      expect(await session.read()).toEqual(loggedIn);
    });

    it("nothing without a cookie", async () => {
      const visitor = new Visitor(await startSite(application));
      expect(await (await visitor.connect("polling")).read()).toEqual({});
      expect(await (await visitor.connect("upgrade")).read()).toEqual({});
      visitor.cookies.set("theme", "dark");
      expect(await (await visitor.connect()).read()).toEqual({});
    });

    it("nothing from a tampered cookie", async () => {
      const visitor = await logIn(application);
      visitor.tamper();
      expect(await (await visitor.connect()).read()).toEqual({});
    });

    it.each([
      "",
      "x",
      "s:",
      "s:x.y",
      ".",
      "%",
      "%zz",
      "Fe26.2**x",
      "Fe27.2*1*a*b*c*d*e*f~2",
      "a.b.c.d.e",
      "{}",
    ])("nothing from the made-up cookie %j", async (value) => {
      const visitor = await logIn(application);
      for (const name of visitor.cookies.keys()) visitor.cookies.set(name, value);
      expect(await (await visitor.connect()).read()).toEqual({});
    });

    it("each visitor's own session", async () => {
      const site = await startSite(application);
      const [ada, eve] = [new Visitor(site), new Visitor(site)];
      await ada.request("POST", "/login");
      await eve.request("POST", "/set?key=user&value=eve");
      expect(await (await ada.connect()).read()).toEqual(loggedIn);
      expect(await (await eve.connect()).read()).toEqual({ user: "eve" });
    });
  });
}

/** Sessions in the cookie itself: reading only. */
export function describeCookieSessions(create: () => Application | Promise<Application>): void {
  describeReading(create);

  it("refuses to write, since the data is in the cookie", async () => {
    const application = await create();
    expect(application.sessions.writable).toBe(false);
    const visitor = await logIn(application);
    const session = await visitor.connect();
    await expect(session.write({ user: "eve" }, [])).rejects.toEqual(sessionError);
    await expect(session.write({ user: "eve" }, [])).rejects.toThrow(/cookie, which a socket cannot set/);
    expect(await session.read()).toEqual(loggedIn);
    expect(await visitor.session()).toEqual(loggedIn);
  });
}

/** Sessions in a store of the server: reading and writing. */
export function describeStoredSessions(create: () => StoringApplication | Promise<StoringApplication>): void {
  describeReading(create);

  describe("with a store", () => {
    let application: StoringApplication;
    beforeEach(async () => {
      application = await create();
      expect(application.sessions.writable).toBe(true);
    });

    it("reads what HTTP requests changed after the handshake", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      await visitor.request("POST", "/set?key=user&value=grace");
      expect(await session.read()).toEqual({ ...loggedIn, user: "grace" });
    });

    it("shows the next HTTP request what a socket wrote", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      await session.write({ room: "kitchen", cart: { apples: 2, pears: [1, 2] } }, []);
      const written = { user: "ada", room: "kitchen", cart: { apples: 2, pears: [1, 2] } };
      expect(await visitor.session()).toEqual(written);
      expect(await session.read()).toEqual(written);
      expect(await (await visitor.connect("polling")).read()).toEqual(written);
    });

    it("removes keys", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      await session.write({ room: "hall" }, ["cart", "never there"]);
      expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
    });

    it("keeps what others changed since it was last read", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      await session.read();
      await visitor.request("POST", "/set?key=user&value=grace");
      await (await visitor.connect()).write({ room: "hall" }, []);
      await session.write({ seen: true }, ["cart"]);
      expect(await visitor.session()).toEqual({ user: "grace", room: "hall", seen: true });
    });

    it("loses no key of concurrent writers", async () => {
      const visitor = await logIn(application);
      const sessions = await Promise.all([visitor.connect(), visitor.connect(), visitor.connect("polling")]);
      const keys = Array.from({ length: 30 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key, index) => sessions[index % 3]?.write({ [key]: index }, [])));
      const expected = { ...loggedIn, ...Object.fromEntries(keys.map((key, index) => [key, index])) };
      expect(await visitor.session()).toEqual(expected);
    });

    it("reads nothing after a logout, and does not bring the session back by writing", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      const cookies = [...visitor.cookies];
      await visitor.request("POST", "/logout");
      expect(await session.read()).toEqual({});
      await expect(session.write({ user: "ada" }, [])).rejects.toEqual(sessionError);
      await expect(session.write({ user: "ada" }, [])).rejects.toThrow(/no HTTP session .* ended/);
      for (const [name, value] of cookies) visitor.cookies.set(name, value);
      expect(await visitor.session()).not.toHaveProperty("user");
      expect(await session.read()).toEqual({});
    });

    it("refuses to write where the handshake brought no session, and stores nothing", async () => {
      const visitor = new Visitor(await startSite(application));
      await expect((await visitor.connect()).write({ user: "eve" }, [])).rejects.toEqual(sessionError);
      expect(application.countSessions()).toBe(0);
      await visitor.request("POST", "/login");
      visitor.tamper();
      const forged = await visitor.connect();
      await expect(forged.write({ user: "eve" }, [])).rejects.toEqual(sessionError);
      expect(await forged.read()).toEqual({});
      expect(application.countSessions()).toBe(1);
    });

    it("says what failed when the store fails", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      application.breakStore();
      const failed = expect.objectContaining({
        code: "ERR_SESSION",
        message: expect.stringMatching(
          new RegExp(`^${application.sessions.name} could not .*: the store burns$`),
        ),
        cause: expect.objectContaining({ message: "the store burns" }),
      });
      await expect(session.read()).rejects.toEqual(failed);
      await expect(session.write({ a: 1 }, [])).rejects.toEqual(failed);
      const opened = visitor.connect("upgrade").then((fresh) => fresh.read());
      await expect(opened).rejects.toEqual(failed);
    });

    it.each(["__proto__", "constructor", "toString"])("refuses the key %j", async (key) => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      const changed = Object.defineProperty({ room: "hall" }, key, {
        value: { user: "eve" },
        enumerable: true,
      });
      await expect(session.write(changed, [])).rejects.toEqual(sessionError);
      expect(await session.read()).toEqual(loggedIn);
      expect(await visitor.session()).toEqual(loggedIn);
    });

    it("goes on writing after a write that failed", async () => {
      const visitor = await logIn(application);
      const session = await visitor.connect();
      const writes = [session.write({ constructor: 1 }, []), session.write({ room: "hall" }, [])];
      expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
        "rejected",
        "fulfilled",
      ]);
      expect(await visitor.session()).toEqual({ ...loggedIn, room: "hall" });
    });
  });
}
