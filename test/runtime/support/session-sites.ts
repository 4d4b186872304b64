/**
 * One site for each session library. Each answers `POST /login` (sets `user: "ada"` and
 * `cart: { apples: 1 }`), `POST /set?key=…&value=…`, `POST /logout`, and `GET /session` with the session's
 * data.
 */

import fastifyCookie from "@fastify/cookie";
import fastifySessionPlugin from "@fastify/session";
import express from "express";
import expressSessions, { type SessionData, Store } from "express-session";
import fastify from "fastify";
import { Hono } from "hono";
import { type SessionData as HonoSessionData, type Session, sessionMiddleware } from "hono-sessions";
import { getIronSession, type SessionOptions } from "iron-session";
import Koa from "koa";
import koaSessions from "koa-session";
import {
  expressSession,
  fastifySession,
  type HttpSessions,
  honoSessions,
  ironSession,
  koaSession,
} from "roomcast";

/** An application, and the sessions of its visitors. */
export interface SessionSite {
  readonly app: object;
  readonly sessions: HttpSessions;
}

/** The data that a login sets. */
export const loggedIn = { user: "ada", cart: { apples: 1 } };

const secret = "correct horse battery staple, twice";

/** A store of sessions: slow like a network, and broken on demand. */
export class Vault {
  readonly #data = new Map<string, string>();
  /** If true, every access fails. */
  burns = false;
  /** Called after a session has been saved. */
  onSaved = () => {};

  async read(id: string): Promise<unknown> {
    await this.#travel();
    return JSON.parse(this.#data.get(id) ?? "null");
  }

  async save(id: string, data: unknown): Promise<void> {
    const json = JSON.stringify(data);
    await this.#travel();
    this.#data.set(id, json);
    this.onSaved();
  }

  async remove(id: string): Promise<void> {
    await this.#travel();
    this.#data.delete(id);
  }

  async #travel(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.burns) throw new Error("the store burns");
  }
}

type Callback<Value = unknown> = (error?: unknown, value?: Value | null) => void;

/** A store with the interface of `express-session` and `@fastify/session`. */
class CallbackStore extends Store {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    super();
    this.#vault = vault;
  }

  override get(id: string, callback: Callback<SessionData>): void {
    this.#vault.read(id).then((data) => callback(null, data as SessionData), callback);
  }

  override set(id: string, data: SessionData, callback: Callback = () => {}): void {
    this.#vault.save(id, data).then(() => callback(), callback);
  }

  override destroy(id: string, callback: Callback = () => {}): void {
    this.#vault.remove(id).then(() => callback(), callback);
  }
}

/** The sites with a store, by their library. */
export const storingSites: Record<string, (vault: Vault) => SessionSite | Promise<SessionSite>> = {
  "express-session": (vault) => {
    const app = express();
    const sessions = expressSessions({
      secret,
      store: new CallbackStore(vault),
      resave: false,
      saveUninitialized: false,
    });
    app.use(sessions);
    app.post("/login", (request, response) => {
      Object.assign(request.session, loggedIn);
      response.end();
    });
    app.post("/set", (request, response) => {
      Object.assign(request.session, { [String(request.query.key)]: request.query.value });
      response.end();
    });
    app.post("/logout", (request, response) => request.session.destroy(() => response.end()));
    app.get("/session", (request, response) => {
      const { cookie: _, ...data } = request.session;
      response.json(data);
    });
    return { app, sessions: expressSession(sessions) };
  },

  "@fastify/session": async (vault) => {
    const app = fastify();
    await app.register(fastifyCookie);
    await app.register(fastifySessionPlugin, {
      secret,
      store: new CallbackStore(vault) as never,
      saveUninitialized: false,
      cookie: { secure: false },
    });
    app.post("/login", async ({ session }) => {
      Object.assign(session, loggedIn);
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
    return { app, sessions: fastifySession(app) };
  },

  "koa-session": (vault) => {
    const app = new Koa();
    app.silent = true;
    app.keys = [secret];
    const store = {
      get: (id: string) => vault.read(id),
      set: (id: string, data: unknown) => vault.save(id, data),
      destroy: (id: string) => vault.remove(id),
    };
    const sessions = koaSessions({ store }, app);
    app.use(sessions);
    app.use(async (context) => {
      const { path, query } = context;
      if (path === "/login") Object.assign(context.session, loggedIn);
      if (path === "/set") Object.assign(context.session, { [String(query.key)]: query.value });
      if (path === "/logout") context.session = null;
      context.body = context.session ?? {};
    });
    return { app, sessions: koaSession(app, sessions) };
  },

  "hono-sessions": (vault) => {
    const app = new Hono<{ Variables: { session: Session; session_key_rotation: boolean } }>();
    const options = {
      encryptionKey: secret,
      store: {
        getSessionById: async (id?: string) => (await vault.read(id ?? "")) as HonoSessionData | null,
        createSession: (id: string, data: HonoSessionData) => vault.save(id, data),
        persistSessionData: (id: string, data: HonoSessionData) => vault.save(id, data),
        deleteSession: (id: string) => vault.remove(id),
      },
    };
    app.use(sessionMiddleware(options));
    app.post("/login", (context) => {
      const session = context.get("session");
      session.set("user", loggedIn.user);
      session.set("cart", loggedIn.cart);
      return context.body(null);
    });
    app.post("/set", (context) => {
      context.get("session").set(String(context.req.query("key")), context.req.query("value"));
      return context.body(null);
    });
    app.post("/logout", (context) => {
      context.get("session").deleteSession();
      return context.body(null);
    });
    app.get("/session", (context) => {
      const entries = Object.entries(context.get("session").getCache()._data);
      return context.json(Object.fromEntries(entries.map(([key, { value }]) => [key, value])));
    });
    return { app, sessions: honoSessions(options) };
  },
};

/** The site whose visitors carry their sessions in their cookies. */
export function ironSite(): SessionSite {
  const app = new Hono();
  const options: SessionOptions = {
    cookieName: "session",
    password: secret,
    cookieOptions: { secure: false },
  };
  app.post("/login", async (context) => {
    const response = new Response();
    const session = await getIronSession<Record<string, unknown>>(context.req.raw, response, options);
    Object.assign(session, loggedIn);
    await session.save();
    return response;
  });
  app.get("/session", async (context) => {
    return context.json({ ...(await getIronSession(context.req.raw, new Response(), options)) });
  });
  return { app, sessions: ironSession(options) };
}
