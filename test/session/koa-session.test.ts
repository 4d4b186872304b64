import Koa from "koa";
import session, { type CreateSessionOptions } from "koa-session";
import { describe, expect, it } from "vitest";
import { koaSession } from "../../src/session/koa-session.ts";
import { describeCookieSessions, describeStoredSessions, logIn } from "./http-sessions.suite.ts";
import type { Application, StoringApplication } from "./site.ts";

/** A store that keeps JSON, answers late, and fails on demand. */
class FlammableStore {
  readonly data = new Map<string, string>();
  readonly saves: unknown[] = [];
  burns = false;

  async get(key: string): Promise<unknown> {
    await this.#answer();
    return JSON.parse(this.data.get(key) ?? "null");
  }

  async set(key: string, data: unknown, _maxAge: number, options: { changed: boolean }): Promise<void> {
    await this.#answer();
    this.data.set(key, JSON.stringify(data));
    this.saves.push(options.changed);
  }

  async destroy(key: string): Promise<void> {
    await this.#answer();
    this.data.delete(key);
  }

  async #answer(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.burns) throw new Error("the store burns");
  }
}

function application(options: Partial<CreateSessionOptions>): Application {
  const app = new Koa();
  app.silent = true;
  app.keys = ["keyboard cat"];
  const middleware = session({ ...options }, app);
  app.use(middleware);
  app.use(async (context) => {
    const { path, query } = context;
    if (path === "/login") Object.assign(context.session, { user: "ada", cart: { apples: 1 } });
    if (path === "/set") Object.assign(context.session, { [`${query.key}`]: query.value });
    if (path === "/logout") context.session = null;
    if (options.autoCommit === false) await context.session.manuallyCommit();
    context.body = context.session ?? {};
  });
  return { listener: app.callback(), sessions: koaSession(app, middleware) };
}

function storing(
  options: Partial<CreateSessionOptions> = {},
  store = new FlammableStore(),
): StoringApplication {
  return {
    ...application({ ...options, store }),
    breakStore: () => {
      store.burns = true;
    },
    countSessions: () => store.data.size,
  };
}

describe("koaSession", () => {
  describe("with a store", () => describeStoredSessions(() => storing()));
  describe("without a store", () => describeCookieSessions(() => application({})));

  it.each<[string, Partial<CreateSessionOptions>]>([
    ["a key and ids of its own", { key: "sid", genid: () => `${Math.random()}` }],
    ["rolling and renew", { rolling: true, renew: true }],
    ["cookies of the browser's session", { maxAge: "session" }],
    ["commits by hand", { autoCommit: false }],
    ["unsigned cookies", { signed: false }],
  ])("reads and writes with %s", async (_, options) => {
    const visitor = await logIn(storing(options));
    const found = await visitor.connect();
    await found.write({ room: "hall" }, ["cart"]);
    expect(await found.read()).toEqual({ user: "ada", room: "hall" });
    expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
  });

  it("reads and writes with a ContextStore and a key from elsewhere than the cookie", async () => {
    const store = new FlammableStore();
    class ContextStore extends FlammableStore {
      override readonly data = store.data;
    }
    const externalKey = {
      get: (context: Koa.Context) => context.get("x-token"),
      set: () => {},
    };
    const site = application({ ContextStore, externalKey });
    const visitor = await logIn(site, { "x-token": "ada's" });
    store.data.set("ada's", JSON.stringify({ user: "ada" }));
    const found = await visitor.connect();
    await found.write({ room: "hall" }, []);
    expect(await visitor.session()).toEqual({ user: "ada", room: "hall" });
  });

  it("saves nothing when it reads, whatever rolling and renew say, and tells the store of a change when it writes", async () => {
    const store = new FlammableStore();
    const visitor = await logIn(storing({ rolling: true, renew: true }, store));
    expect(store.saves).toEqual([true]);
    const found = await visitor.connect();
    await found.read();
    expect(store.saves).toEqual([true]);
    await found.write({ room: "hall" }, []);
    expect(store.saves).toEqual([true, true]);
  });

  it("writes a session of a secure cookie, though the handshake's proxy says wss", async () => {
    const store = new FlammableStore();
    store.data.set("known", JSON.stringify({ user: "ada" }));
    const app = new Koa();
    app.keys = ["keyboard cat"];
    const middleware = session({ store, secure: true, signed: false }, app);
    const sessions = koaSession(app, middleware);
    const headers = { cookie: "koa.sess=known", "x-forwarded-proto": "wss" };
    const found = await sessions.open({ url: "/", headers, secure: false, address: "" });
    await found.write({ room: "hall" }, []);
    expect(await found.read()).toEqual({ user: "ada", room: "hall" });
  });

  it.each(["isNew", "maxAge", "save", "_secret", "externalKey"])(
    "refuses the key %j, which the library uses",
    async (key) => {
      const visitor = await logIn(storing());
      const found = await visitor.connect();
      await expect(found.write({ [key]: 1 }, [])).rejects.toThrow(`"${key}" cannot be a key of the session`);
      expect(await found.read()).toEqual({ user: "ada", cart: { apples: 1 } });
    },
  );

  it("refuses an application without koa-session", () => {
    const refused = expect.objectContaining({ code: "ERR_OPTION" });
    expect(() => koaSession(new Koa(), async () => {})).toThrow(refused);
    const app = new Koa();
    session(app);
    expect(() => koaSession(app, {} as never)).toThrow(refused);
  });
});
