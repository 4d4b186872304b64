/**
 * HTTP sessions of `koa-session`. The middleware that the application uses loads them, the session object
 * saves them.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import { RoomcastError } from "../base/errors.ts";
import { KeyedQueue } from "../base/queue/keyed-queue.ts";
import { cookieSession } from "./cookie-session.ts";
import { handshakeRequest } from "./handshake-request.ts";
import type { HttpSession, HttpSessions, SessionRequest } from "./http-session.ts";
import { applyChanges, StoredHttpSession, type StoredSession, sessionErrors } from "./stored-session.ts";

/** The part of a Koa application that Roomcast uses. */
export interface KoaApp {
  createContext(request: never, response: never): object;
}

/** What `session(options, app)` of `koa-session` returns; the type of the context is the framework's. */
export type KoaSessionMiddleware = (context: never, next: () => Promise<unknown>) => unknown;

/** What `koa-session` adds to a context. */
interface Context {
  readonly sessionOptions?: { store?: unknown; ContextStore?: unknown; rolling?: boolean; renew?: boolean };
  readonly session: Session | null;
}

interface Session extends Record<string, unknown> {
  readonly isNew: boolean;
  readonly externalKey?: string;
  toJSON(): Record<string, unknown>;
  manuallyCommit(): Promise<void>;
}

const name = "koa-session";

/**
 * Reads and writes the sessions that `koa-session` keeps for a Koa application.
 *
 * ```ts
 * const sessions = session({ store }, app);
 * app.use(sessions);
 * const socketio = new SocketIO(app, { session: koaSession(app, sessions) });
 * ```
 *
 * - With a `store` (or `ContextStore`) sessions can be written. Without one they live in the cookie, which a
 *   socket cannot set: `writable` is `false`, and the data is that of the handshake as long as the connection
 *   lives.
 * - A socket cannot begin a session: without a valid session cookie in the handshake the session reads as
 *   `{}` and a write is refused.
 * - A write that changes something prolongs the session in the store; the browser's cookie is only prolonged
 *   by HTTP responses. A read prolongs nothing, whatever `rolling` and `renew` say.
 *
 * @param app - the application
 * @param middleware - the very function that the application uses: `app.use(middleware)`
 * @throws RoomcastError `ERR_OPTION` if the middleware is not one of `koa-session` for this application
 */
export function koaSession(app: KoaApp, middleware: KoaSessionMiddleware): HttpSessions {
  const blank = { url: "/", headers: {}, secure: true, address: "" };
  const isApp = typeof app?.createContext === "function";
  const { sessionOptions } = isApp ? createContext(app, blank) : {};
  if (typeof middleware !== "function" || sessionOptions === undefined) {
    throw new RoomcastError(
      "ERR_OPTION",
      "koaSession() takes the app and the middleware of session(options, app).",
    );
  }
  const writable = Boolean(sessionOptions.store ?? sessionOptions.ContextStore);
  const order = new KeyedQueue();
  return {
    name,
    writable,
    async open(request: SessionRequest): Promise<HttpSession> {
      // Saving sets a cookie too. This one goes nowhere, so a "secure" one is no reason to fail.
      const handshake = { ...request, secure: true };
      const visit = () => loadSession(app, middleware, handshake);
      const session = await sessionErrors(`${name} could not find the session`, visit);
      const id = session?.externalKey ?? "";
      const found = new StoredHttpSession(name, id, order, async () => stored(await visit()));
      return writable ? found : cookieSession(name, () => found.read());
    },
  };
}

/**
 * What the session middleware makes of the request. Its commit at the end saves nothing, since nothing has
 * changed.
 */
async function loadSession(app: KoaApp, middleware: KoaSessionMiddleware, request: SessionRequest) {
  const context = createContext(app, request);
  Object.assign(context.sessionOptions ?? {}, { rolling: false, renew: false }); // This context's own copy.
  await middleware(context as never, async () => {});
  return context.session;
}

function createContext(app: KoaApp, request: SessionRequest): Context {
  const standIn = handshakeRequest(request);
  const response = new ServerResponse(standIn as object as IncomingMessage); // Never sent.
  return app.createContext(standIn as never, response as never) as Context;
}

function stored(session: Session | null): StoredSession | undefined {
  if (session === null || session.isNew) return undefined;
  return {
    data: session.toJSON(),
    async save(changed, removed) {
      applyChanges(session, changed, removed, (key) => key === "isNew" || key.startsWith("_"));
      await session.manuallyCommit();
    },
  };
}
