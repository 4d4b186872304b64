import fastifyCookie from "@fastify/cookie";
import fastifySessionPlugin, { type FastifySessionOptions } from "@fastify/session";
import fastify, { type Session } from "fastify";
import { describe, expect, it, vi } from "vitest";
import { fastifySession } from "../../src/session/fastify-session.ts";
import { describeStoredSessions, logIn } from "./http-sessions.suite.ts";
import type { StoringApplication } from "./site.ts";

const secret = "a secret that is 32 characters long, at least";
const request = { url: "/", headers: { cookie: "sessionId=x" }, secure: false, address: "" };

type Callback = (error?: unknown, session?: Session | null) => void;

/** A store that keeps JSON, answers late, and fails on demand. */
class FlammableStore {
  readonly data = new Map<string, string>();
  burns = false;

  get(id: string, callback: Callback): void {
    const found = this.data.get(id);
    this.#answer(callback, found && JSON.parse(found));
  }

  set(id: string, session: Session, callback: Callback): void {
    this.data.set(id, JSON.stringify(session));
    this.#answer(callback);
  }

  destroy(id: string, callback: Callback): void {
    this.data.delete(id);
    this.#answer(callback);
  }

  #answer(callback: Callback, session?: Session): void {
    setTimeout(() => (this.burns ? callback(new Error("the store burns")) : callback(null, session)), 2);
  }
}

async function application(
  options: Partial<FastifySessionOptions> = {},
  store = new FlammableStore(),
): Promise<StoringApplication> {
  const app = fastify();
  await app.register(fastifyCookie);
  const cookie = { secure: false };
  await app.register(fastifySessionPlugin, { secret, store, saveUninitialized: false, cookie, ...options });
  app.post("/login", async ({ session }) => {
    Object.assign(session, { user: "ada", cart: { apples: 1 } });
    return "";
  });
  app.post<{ Querystring: { key: string; value: string } }>("/set", async ({ session, query }) => {
    Object.assign(session, { [query.key]: query.value });
    return "";
  });
  app.post("/logout", async ({ session }) => {
    await session.destroy();
    return "";
  });
  app.get("/session", async ({ session }) => {
    const { cookie: _, ...data } = session;
    return data;
  });
  const { cookieName, cookiePrefix } = options;
  const sessions = fastifySession(app, {
    ...(cookieName && { cookieName }),
    ...(cookiePrefix && { cookiePrefix }),
  });
  await app.ready();
  return {
    listener: (incoming, response) => app.routing(incoming, response),
    sessions,
    breakStore: () => {
      store.burns = true;
    },
    countSessions: () => store.data.size,
  };
}

describe("fastifySession", () => {
  describeStoredSessions(() => application());

  describe.each<[string, Partial<FastifySessionOptions>]>([
    ["the store in memory", { store: new fastifySessionPlugin.MemoryStore() }],
    [
      "saveUninitialized, no rolling and maxAge",
      { saveUninitialized: true, rolling: false, cookie: { secure: "auto", maxAge: 60_000 } },
    ],
    [
      "a name, a prefix and ids of its own",
      { cookieName: "sid", cookiePrefix: "s:", idGenerator: () => `${Math.random()}` },
    ],
    [
      "a signer whose results differ each time",
      { secret: { sign: (id) => `${Math.random()}|${id}`, unsign: saltedUnsign } },
    ],
  ])("with %s", (_, options) => {
    it("reads and writes", async () => {
      const visitor = await logIn(await application(options));
      const found = await visitor.connect();
      await found.write({ room: "hall" }, ["cart"]);
      expect(await found.read()).toEqual({ user: "ada", room: "hall" });
      expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
    });
  });

  it("reads a session whose cookie an older secret signed", async () => {
    const secrets = [secret];
    const visitor = await logIn(await application({ secret: secrets }));
    secrets.unshift(`new ${secret}`);
    const found = await visitor.connect();
    await found.write({ room: "hall" }, ["cart"]);
    expect(await found.read()).toEqual({ user: "ada", room: "hall" });
  });

  it("gives the caller a copy of what the store in memory holds", async () => {
    const visitor = await logIn(await application({ store: new fastifySessionPlugin.MemoryStore() }));
    const found = await visitor.connect();
    const { cart } = (await found.read()) as { cart: { apples: number } };
    cart.apples = 99;
    expect(await visitor.session()).toEqual({ user: "ada", cart: { apples: 1 } });
  });

  it("prolongs the session in the store when it writes, and reads nothing once it has expired", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(await application({ cookie: { secure: false, maxAge: 60_000 } }, store));
    const expiry = () => Date.parse(JSON.parse([...store.data.values()][0] ?? "").cookie.expires);
    const atLogin = expiry();
    const found = await visitor.connect();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 });
    try {
      await found.read();
      expect(expiry()).toBe(atLogin);
      await found.write({ room: "hall" }, []);
      expect(expiry()).toBeGreaterThanOrEqual(atLogin + 29_000);
      expect(await found.read()).toMatchObject({ room: "hall" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("reads nothing once the session has expired", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(await application({}, store));
    const found = await visitor.connect();
    for (const [id, session] of store.data) {
      const expired = { ...JSON.parse(session), cookie: { expires: new Date(Date.now() - 1000) } };
      store.data.set(id, JSON.stringify(expired));
    }
    expect(await found.read()).toEqual({});
    await expect(found.write({ room: "hall" }, [])).rejects.toMatchObject({ code: "ERR_SESSION" });
  });

  it("works with a child of the instance, and says so where the plugins are missing", async () => {
    const app = fastify();
    expect(() => fastifySession(app)).not.toThrow();
    await expect(fastifySession(app).open(request)).rejects.toThrow(
      /needs @fastify\/cookie and @fastify\/session/,
    );
    await app.register(fastifyCookie);
    await app.register(fastifySessionPlugin, { secret });
    await app.register(async (child) => {
      expect(await (await fastifySession(child).open(request)).read()).toEqual({});
    });
    await app.ready();
    await app.close();
  });

  it("ignores a cookie without the prefix", async () => {
    const visitor = await logIn(await application());
    const app = await application({ cookiePrefix: "s:" });
    const cookie = `sessionId=${[...visitor.cookies.values()][0]}`;
    const found = await app.sessions.open({ ...request, headers: { cookie } });
    expect(await found.read()).toEqual({});
  });

  it.each(["cookie", "sessionId", "save", "touch", "get"])(
    "refuses the key %j, which the library uses",
    async (key) => {
      const visitor = await logIn(await application());
      const found = await visitor.connect();
      await expect(found.write({ [key]: 1 }, [])).rejects.toThrow(`"${key}" cannot be a key of the session`);
      expect(await found.read()).toEqual({ user: "ada", cart: { apples: 1 } });
    },
  );
});

function saltedUnsign(value: string) {
  const [, id] = value.split("|");
  return { valid: id !== undefined, renew: false, value: id ?? null };
}
