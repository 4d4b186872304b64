import express from "express";
import session, { MemoryStore, type SessionData, type SessionOptions, Store } from "express-session";
import { describe, expect, it, vi } from "vitest";
import { expressSession } from "../../src/session/express-session.ts";
import { describeStoredSessions, logIn, startSite } from "./http-sessions.suite.ts";
import { type StoringApplication, Visitor } from "./site.ts";

type Callback = (error?: unknown, data?: SessionData | null) => void;

/** A store that answers late, and fails on demand: by its callback, by throwing, or by a promise. */
class FlammableStore extends Store {
  readonly data = new Map<string, string>();
  burns: "callback" | "throw" | "promise" | "sent ENOENT" | undefined;

  override get(id: string, callback: Callback) {
    const found = this.data.get(id);
    return this.#answer(callback, found && JSON.parse(found));
  }

  override set(id: string, data: SessionData, callback?: Callback) {
    this.data.set(id, JSON.stringify(data));
    return this.#answer(callback);
  }

  override destroy(id: string, callback?: Callback) {
    this.data.delete(id);
    return this.#answer(callback);
  }

  #answer(callback: Callback = () => {}, data?: SessionData) {
    const error = new Error("the store burns");
    if (this.burns === "throw") throw error;
    if (this.burns === "promise") return Promise.reject(error);
    if (this.burns === "sent ENOENT") return callback(Object.assign(error, { code: "ENOENT" }));
    setTimeout(() => (this.burns ? callback(error) : callback(null, data)), 2);
    return undefined;
  }
}

function application(
  options: Partial<SessionOptions> = {},
  store = new FlammableStore(),
): StoringApplication {
  const middleware = session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    ...options,
    store: options.store ?? store,
  });
  const app = express();
  app.use(middleware);
  app.post("/login", (request, response) => {
    Object.assign(request.session, { user: "ada", cart: { apples: 1 } });
    response.end();
  });
  app.post("/set", (request, response) => {
    Object.assign(request.session, { [`${request.query.key}`]: request.query.value });
    response.end();
  });
  app.post("/logout", (request, response) => request.session.destroy(() => response.end()));
  app.get("/session", (request, response) => {
    const { cookie: _, ...data } = request.session;
    response.json(data);
  });
  return {
    listener: app,
    sessions: expressSession(middleware),
    breakStore: () => {
      store.burns = "callback";
    },
    countSessions: () => store.data.size,
  };
}

describe("expressSession", () => {
  describeStoredSessions(() => application());

  describe.each<[string, Partial<SessionOptions>]>([
    ["the MemoryStore", { store: new MemoryStore() }],
    [
      "saveUninitialized, rolling and maxAge",
      { saveUninitialized: true, rolling: true, cookie: { maxAge: 60_000 } },
    ],
    [
      "a name, several secrets and ids of its own",
      { name: "sid", secret: ["new", "old"], genid: () => `${Math.random()}` },
    ],
    ["unset: destroy", { unset: "destroy" }],
  ])("with %s", (_, options) => {
    it("reads and writes", async () => {
      const visitor = await logIn(application(options));
      const found = await visitor.connect();
      await found.write({ room: "hall" }, ["cart"]);
      expect(await found.read()).toEqual({ user: "ada", room: "hall" });
      expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
    });
  });

  it("finds the session of a secure cookie behind a proxy that speaks TLS", async () => {
    const site = application({ proxy: true, cookie: { secure: true } });
    expect((await logIn(site)).cookies.size).toBe(0);
    const visitor = await logIn(site, { "x-forwarded-proto": "https" });
    expect(visitor.cookies.size).toBe(1);
    const found = await visitor.connect();
    await found.write({ room: "hall" }, ["cart"]);
    expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
  });

  it("prolongs the session in the store when it writes, not when it reads", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(application({ cookie: { maxAge: 60_000 } }, store));
    const expiry = () => Date.parse(JSON.parse([...store.data.values()][0] ?? "").cookie.expires);
    const atLogin = expiry();
    const found = await visitor.connect();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 });
    try {
      await found.read();
      expect(expiry()).toBe(atLogin);
      await found.write({ room: "hall" }, []);
      expect(expiry()).toBeGreaterThanOrEqual(atLogin + 29_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it("leaves the request as it was, and writes no session for visitors that only connect", async () => {
    const store = new FlammableStore();
    const site = await startSite(application({ saveUninitialized: true }, store));
    const visitor = new Visitor(site);
    visitor.cookies.set("connect.sid", "s:x.y");
    await (await visitor.connect()).read();
    expect(store.data.size).toBe(0);
    const { sessions } = site.application;
    const request = {
      url: "/socket.io/",
      headers: Object.freeze({ cookie: "connect.sid=s:x.y" }),
      secure: true,
      address: "::1",
    };
    expect(await (await sessions.open(request)).read()).toEqual({});
  });

  it("reads a Cookie header that came in several lines", async () => {
    const site = await startSite(application());
    const visitor = new Visitor(site);
    await visitor.request("POST", "/login");
    const cookie = ["theme=dark", ...[...visitor.cookies].map((pair) => pair.join("="))];
    const request = {
      url: "/socket.io/",
      headers: { cookie },
      secure: false,
      address: "::1",
    };
    expect(await (await site.application.sessions.open(request)).read()).toMatchObject({ user: "ada" });
  });

  it.each(["callback", "throw", "promise"] as const)("survives a store that fails by %s", async (how) => {
    const store = new FlammableStore();
    const visitor = await logIn(application({}, store));
    const found = await visitor.connect();
    store.burns = how;
    const failed = expect.objectContaining({ code: "ERR_SESSION", cause: expect.any(Error) });
    await expect(found.read()).rejects.toEqual(failed);
    await expect(found.write({ room: "hall" }, [])).rejects.toEqual(failed);
    store.burns = undefined;
    expect(await found.read()).toMatchObject({ user: "ada" });
  });

  it("takes ENOENT for an absent session, as the library does", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(application({}, store));
    store.burns = "sent ENOENT";
    const found = await visitor.connect();
    expect(await found.read()).toEqual({});
    await expect(found.write({ room: "hall" }, [])).rejects.toThrow(/no HTTP session/);
  });

  it("says what may be wrong when the middleware finds no store", async () => {
    const store = new FlammableStore();
    const site = application({}, store);
    const visitor = await logIn(site);
    store.emit("disconnect");
    await expect(visitor.connect()).rejects.toThrow(
      /the store is disconnected, `cookie.path` does not cover \/socket.io\//,
    );
    store.emit("connect");
    expect(await (await visitor.connect()).read()).toMatchObject({ user: "ada" });

    const elsewhere = new Visitor(await startSite(application({ cookie: { path: "/admin" } })));
    elsewhere.cookies.set("connect.sid", "s:x.y");
    await expect(elsewhere.connect()).rejects.toMatchObject({ code: "ERR_SESSION" });
  });

  it("passes on what the middleware complains about", async () => {
    const complaint = new Error("no");
    const request = { url: "/", headers: { cookie: "a=b" }, secure: false, address: "" };
    const failed = expect.objectContaining({ code: "ERR_SESSION", cause: complaint });
    const byNext = expressSession((_request, _response, next) => next(complaint));
    await expect(byNext.open(request)).rejects.toEqual(failed);
    const byThrowing = expressSession(() => {
      throw complaint;
    });
    await expect(byThrowing.open(request)).rejects.toEqual(failed);
    const byRejecting = expressSession(async () => {
      throw complaint;
    });
    await expect(byRejecting.open(request)).rejects.toEqual(failed);
    const byDoingNothing = expressSession((_request, _response, next) => next());
    await expect(byDoingNothing.open(request)).rejects.toThrow(/not express-session's/);
  });

  it.each(["cookie", "id", "req", "save", "touch", "regenerate"])(
    "refuses the key %j, which the library uses",
    async (key) => {
      const visitor = await logIn(application());
      const found = await visitor.connect();
      await expect(found.write({ [key]: 1 }, [])).rejects.toThrow(`"${key}" cannot be a key of the session`);
      await expect(found.write({}, [key])).rejects.toMatchObject({ code: "ERR_SESSION" });
      expect(await found.read()).toEqual({ user: "ada", cart: { apples: 1 } });
    },
  );

  it("refuses a value that is not a middleware", () => {
    const options = { secret: "keyboard cat" } as unknown as () => void;
    expect(() => expressSession(options)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  });
});
