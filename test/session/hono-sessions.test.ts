import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import {
  CookieStore,
  MemoryStore,
  type Session,
  type SessionData,
  type SessionOptions,
  sessionMiddleware,
} from "hono-sessions";
import { afterEach, describe, expect, it, vi } from "vitest";
import { honoSessions } from "../../src/session/hono-sessions.ts";
import { describeCookieSessions, describeStoredSessions, logIn } from "./http-sessions.suite.ts";
import type { Application, StoringApplication } from "./site.ts";

const encryptionKey = "correct horse battery staple, twice";
const request = { url: "/", headers: { cookie: "session=x" }, secure: false, address: "" };

/** A store that keeps JSON, answers late, and fails on demand. */
class FlammableStore {
  readonly data = new Map<string, string>();
  burns = false;

  async getSessionById(id: string): Promise<SessionData | null> {
    await this.#answer();
    return JSON.parse(this.data.get(id) ?? "null");
  }

  async createSession(id: string, data: SessionData): Promise<void> {
    await this.persistSessionData(id, data);
  }

  async persistSessionData(id: string, data: SessionData): Promise<void> {
    await this.#answer();
    this.data.set(id, JSON.stringify(data));
  }

  async deleteSession(id: string): Promise<void> {
    await this.#answer();
    this.data.delete(id);
  }

  async #answer(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.burns) throw new Error("the store burns");
  }
}

function application(options: SessionOptions): Application {
  const app = new Hono<{ Variables: { session: Session; session_key_rotation: boolean } }>();
  app.use(sessionMiddleware(options));
  app.post("/login", (c) => {
    const session = c.get("session");
    session.set("user", "ada");
    session.set("cart", { apples: 1 });
    c.set("session_key_rotation", true);
    return c.body(null);
  });
  app.post("/set", (c) => {
    c.get("session").set(`${c.req.query("key")}`, c.req.query("value"));
    return c.body(null);
  });
  app.post("/logout", (c) => {
    c.get("session").deleteSession();
    return c.body(null);
  });
  app.get("/session", (c) => {
    const entries = Object.entries(c.get("session").getCache()._data);
    return c.json(Object.fromEntries(entries.map(([key, { value }]) => [key, value])));
  });
  return { listener: getRequestListener(app.fetch), sessions: honoSessions(options) };
}

function storing(options: Partial<SessionOptions> = {}, store = new FlammableStore()): StoringApplication {
  return {
    ...application({ encryptionKey, ...options, store }),
    breakStore: () => {
      store.burns = true;
    },
    countSessions: () => [...store.data.values()].filter((data) => data.includes("user")).length,
  };
}

describe("honoSessions", () => {
  describe("with a store", () => describeStoredSessions(() => storing()));
  describe("with a CookieStore", () =>
    describeCookieSessions(() => application({ store: new CookieStore(), encryptionKey })));

  afterEach(() => {
    vi.useRealTimers();
    vi.doUnmock("hono-sessions");
  });

  it.each<[string, SessionOptions]>([
    ["the MemoryStore", { store: new MemoryStore(), encryptionKey: () => encryptionKey }],
    ["no encryption and a name of its own", { store: new MemoryStore(), sessionCookieName: "sid" }],
    ["a prefixed cookie", { store: new MemoryStore(), cookieOptions: { prefix: "secure", secure: true } }],
    ["expiry", { store: new MemoryStore(), expireAfterSeconds: 60, autoExtendExpiration: false }],
  ])("reads and writes with %s", async (_, options) => {
    const visitor = await logIn(application(options));
    const found = await visitor.connect();
    await found.write({ room: "hall" }, ["cart"]);
    expect(await found.read()).toEqual({ user: "ada", room: "hall" });
    expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
  });

  it("reads nothing once the session has expired, and prolongs it when it writes", async () => {
    const visitor = await logIn(storing({ expireAfterSeconds: 60 }));
    const found = await visitor.connect();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start + 50_000 });
    await found.write({ room: "hall" }, []);
    vi.setSystemTime(start + 100_000);
    expect(await found.read()).toMatchObject({ room: "hall" });
    vi.setSystemTime(start + 120_000);
    expect(await found.read()).toEqual({});
    await expect(found.write({ room: "hall" }, [])).rejects.toThrow(/no HTTP session/);
  });

  it("reads flash values without using them up, and replaces them", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(storing({}, store));
    for (const [id, json] of store.data) {
      const data = JSON.parse(json);
      data._data.notice = { value: "saved", flash: true };
      store.data.set(id, JSON.stringify(data));
    }
    const found = await visitor.connect();
    expect(await found.read()).toMatchObject({ notice: "saved" });
    await found.write({ room: "hall" }, []);
    expect(await found.read()).toMatchObject({ notice: "saved", room: "hall" });
  });

  it("names the package to install", async () => {
    vi.doMock("hono-sessions", () => {
      throw new Error("Cannot find package 'hono-sessions'");
    });
    await expect(honoSessions({ store: new MemoryStore() }).open(request)).rejects.toMatchObject({
      code: "ERR_MISSING_PACKAGE",
      message: expect.stringContaining("npm install hono-sessions"),
    });
  });

  it("refuses options without a store", () => {
    const refused = expect.objectContaining({ code: "ERR_OPTION" });
    expect(() => honoSessions({} as SessionOptions)).toThrow(refused);
  });
});
