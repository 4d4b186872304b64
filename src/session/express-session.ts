/** HTTP sessions of `express-session`: the application's middleware finds them, and its store keeps them. */
import { type IncomingMessage, ServerResponse } from "node:http";
import { RoomcastError } from "../base/errors.ts";
import { KeyedQueue } from "../base/queue/keyed-queue.ts";
import { fromCallback } from "./from-callback.ts";
import { cookieHeader, type HandshakeRequest, handshakeRequest } from "./handshake-request.ts";
import type { HttpSession, HttpSessions, SessionRequest } from "./http-session.ts";
import {
  absentSession,
  applyChanges,
  StoredHttpSession,
  type StoredSession,
  sessionErrors,
} from "./stored-session.ts";

/** What `session({ … })` of `express-session` returns; the types of its parameters are the framework's. */
export type ExpressSessionMiddleware = (
  request: never,
  response: never,
  next: (error?: unknown) => void,
) => unknown;

/** The methods of a store of `express-session` that Roomcast calls. */
interface Store {
  get(id: string, callback: (error?: unknown, data?: object | null) => void): unknown;
  set(id: string, session: object, callback: (error?: unknown) => void): unknown;
  createSession(request: object, data: object): Record<string, unknown> & { touch(): unknown };
}

const name = "express-session";

/**
 * Reads and writes the sessions that `express-session` keeps for an Express (or Connect) application.
 *
 * ```ts
 * const sessions = session({ secret, store, resave: false, saveUninitialized: false });
 * app.use(sessions);
 * const socketio = new SocketIO(app, { session: expressSession(sessions) });
 * ```
 *
 * - A socket cannot set a cookie, so it cannot begin a session: without a valid session cookie in the
 *   handshake the session reads as `{}` and a write is refused, rather than stored under an id that the
 *   visitor never learns.
 * - A write prolongs the session in the store by its `maxAge`; the browser's cookie is only prolonged by HTTP
 *   responses.
 * - A read prolongs nothing.
 * - Use `resave: false`: with `resave: true` every HTTP request writes back what it had loaded, and so undoes
 *   what a socket wrote in between.
 * - With `cookie.path` set, the socket's path must lie below it, or the browser does not send the cookie.
 *
 * @param middleware - the very function that the application uses: `app.use(middleware)`
 * @throws RoomcastError `ERR_OPTION` if `middleware` is not a function
 */
export function expressSession(middleware: ExpressSessionMiddleware): HttpSessions {
  if (typeof middleware !== "function") {
    throw new RoomcastError(
      "ERR_OPTION",
      "expressSession() takes the middleware that session({ … }) returned.",
    );
  }
  const order = new KeyedQueue();
  return {
    name,
    writable: true,
    async open(request: SessionRequest): Promise<HttpSession> {
      if (cookieHeader(request) === undefined) return absentSession;
      const { sessionID, sessionStore } = await run(middleware, request);
      if (sessionID === undefined || sessionStore === undefined) {
        throw new RoomcastError(
          "ERR_SESSION",
          `The middleware given to expressSession() found no session store: the store is disconnected, \`cookie.path\` does not cover ${request.url.split("?", 1)[0]}, or the function is not ${name}'s.`,
        );
      }
      return new StoredHttpSession(name, sessionID, order, () => load(sessionStore, sessionID));
    },
  };
}

/**
 * Lets the middleware verify the cookie. It hooks into the end of the response to save and to set the cookie;
 * this response never ends, so nothing is saved, and both stand-ins are garbage as soon as the id and the
 * store are known.
 */
async function run(middleware: ExpressSessionMiddleware, request: SessionRequest) {
  const standIn: HandshakeRequest & { sessionID?: string; sessionStore?: Store } = handshakeRequest(request);
  const response = new ServerResponse(standIn as object as IncomingMessage);
  await sessionErrors(`${name} could not find the session`, () =>
    fromCallback((next) => middleware(standIn as never, response as never, next)),
  );
  return standIn;
}

async function load(store: Store, id: string): Promise<StoredSession | undefined> {
  const stored = await fromCallback<object | null>((done) => store.get(id, done)).catch((error) => {
    // Stores that keep files say "not there" so, also to express-session.
    if (error?.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stored) return undefined;
  const session = store.createSession({ sessionID: id, sessionStore: store }, stored);
  const { cookie: _, ...data } = session;
  return {
    data,
    async save(changed, removed) {
      applyChanges(session, changed, removed, (key) => key === "cookie");
      session.touch();
      await fromCallback((done) => store.set(id, session, done));
    },
  };
}
