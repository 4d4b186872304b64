/**
 * HTTP sessions of `hono-sessions`. The library opens the cookie; the store that the application gave it
 * keeps the data.
 */
import { RoomcastError } from "../base/errors.ts";
import { missingPackage } from "../base/missing-package.ts";
import { KeyedQueue } from "../base/queue/keyed-queue.ts";
import { cookieSession } from "./cookie-session.ts";
import { cookieNamed } from "./handshake-request.ts";
import type { HttpSession, HttpSessions, SessionRequest } from "./http-session.ts";
import { absentSession, applyChanges, StoredHttpSession, type StoredSession } from "./stored-session.ts";

/** How `hono-sessions` writes a session into its store. */
interface SessionData {
  _data: Record<string, { value: unknown; flash: boolean }>;
  _expire: string | null;
  _delete: boolean;
  _accessed: string | null;
}

/** The methods of a `hono-sessions` store that Roomcast calls. */
interface Store {
  getSessionById(id: string): SessionData | null | undefined | Promise<SessionData | null | undefined>;
  persistSessionData(id: string, data: SessionData): unknown;
}

/** The options that the application gives to `sessionMiddleware`; the same object can be passed. */
export interface HonoSessionsOptions {
  /** Keeps the sessions; a `CookieStore` makes them read-only, since a socket cannot set a cookie. */
  readonly store: Store | { getSession(context: never): unknown };
  /** What the cookie is encrypted with. */
  readonly encryptionKey?: string | (() => string);
  /** Default `"session"`. */
  readonly sessionCookieName?: string;
  /** Of these only `prefix` matters here: it is part of the cookie's name. */
  readonly cookieOptions?: object & { readonly prefix?: "host" | "secure" | undefined };
  /** By how much a write prolongs the session; in seconds, as `hono-sessions` has it. */
  readonly expireAfterSeconds?: number;
}

const name = "hono-sessions";
const prefixes = { host: "__Host-", secure: "__Secure-" };

/**
 * Reads and writes the sessions that `hono-sessions` keeps for a Hono application.
 *
 * ```ts
 * const options = { store, encryptionKey: process.env.SESSION_KEY, expireAfterSeconds: 86_400 };
 * app.use(sessionMiddleware(options));
 * const socketio = new SocketIO(app, { session: honoSessions(options) });
 * ```
 *
 * - A socket cannot set a cookie, so it cannot begin a session: without a valid session cookie in the
 *   handshake the session reads as `{}` and a write is refused. (In HTTP the library begins one for every
 *   visitor.)
 * - Flash values read like others, and are not used up by it.
 * - The library saves the whole session after every HTTP request; a request that began before a socket's
 *   write and ends after it undoes the write, unless the store is the library's `MemoryStore`.
 *
 * @param options - the very options that the application gives to `sessionMiddleware`
 * @throws RoomcastError `ERR_OPTION` if there is no store
 */
export function honoSessions(options: HonoSessionsOptions): HttpSessions {
  if (typeof options?.store !== "object" || options.store === null) {
    throw new RoomcastError(
      "ERR_OPTION",
      "honoSessions() takes the options of sessionMiddleware, with a `store`.",
    );
  }
  const { encryptionKey, sessionCookieName = "session", cookieOptions } = options;
  const cookieName = (cookieOptions?.prefix ? prefixes[cookieOptions.prefix] : "") + sessionCookieName;
  const store = "getSessionById" in options.store ? options.store : undefined;
  const order = new KeyedQueue();
  return {
    name,
    writable: store !== undefined,
    async open(request: SessionRequest): Promise<HttpSession> {
      const library = await import("hono-sessions").catch((cause) => {
        throw missingPackage(name, cause);
      });
      const key = typeof encryptionKey === "function" ? encryptionKey() : encryptionKey;
      const cookie = cookieNamed(request, cookieName);
      // A cookie that does not open was not sealed by this application.
      const opened = cookie && key ? await library.decrypt(key, cookie).catch(() => undefined) : cookie;
      if (typeof opened !== "string" || opened === "") return absentSession;

      const load = async (): Promise<StoredSession | undefined> => {
        const data = store ? await store.getSessionById(opened) : (JSON.parse(opened) as SessionData);
        const session = new library.Session(options.expireAfterSeconds);
        if (data) session.setCache(data);
        if (!data || data._delete || !session.sessionValid()) return undefined;
        return {
          data: mapValues(data._data, (entry) => entry.value),
          async save(changed, removed) {
            const entries = mapValues(changed, (value) => ({ value, flash: false }));
            applyChanges(data._data, entries, removed, () => false);
            session.touch();
            await store?.persistSessionData(opened, session.getCache());
          },
        };
      };
      const session = new StoredHttpSession(name, opened, order, load);
      return store ? session : cookieSession(name, () => session.read());
    },
  };
}

function mapValues<From, To>(
  from: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, map(value)]));
}
