/** HTTP sessions of `@fastify/session`, opened with the `decryptSession` of its plugin. */
import { RoomcastError } from "../base/errors.ts";
import { option, resolveOptions, show } from "../base/options.ts";
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

/** The part of a Fastify instance that Roomcast uses, beside what the two plugins add to it. */
export interface FastifyApp {
  hasDecorator(name: string): boolean;
}

/** What the session plugin was registered with, as far as it differs from the plugin's defaults. */
export interface FastifySessionOptions {
  /** The plugin's `cookieName`; default `"sessionId"`. */
  readonly cookieName?: string;
  /** The plugin's `cookiePrefix`; default none. */
  readonly cookiePrefix?: string;
}

const isText = (value: unknown) => typeof value === "string";

/** The table of {@link FastifySessionOptions}. */
const fastifySessionOptions = {
  cookieName: option<string>("sessionId", "a cookie's name", isText),
  cookiePrefix: option<string>("", "a string", isText),
} as const;

/** What `@fastify/cookie` and `@fastify/session` add to an instance. */
interface Decorated extends FastifyApp {
  parseCookie(header: string): Record<string, string | undefined>;
  decryptSession(
    signedId: string,
    request: { session?: Session },
    callback: (error?: unknown) => void,
  ): unknown;
}

interface Session extends Record<string, unknown> {
  readonly sessionId: string;
  touch(): void;
  save(): Promise<void>;
}

const name = "@fastify/session";

/**
 * Reads and writes the sessions that `@fastify/session` keeps for a Fastify application.
 *
 * ```ts
 * await app.register(fastifyCookie);
 * await app.register(fastifySessionPlugin, { secret, cookieName: "sid" });
 * const socketio = new SocketIO(app, { session: fastifySession(app, { cookieName: "sid" }) });
 * ```
 *
 * - A socket cannot set a cookie, so it cannot begin a session: without a valid session cookie in the
 *   handshake the session reads as `{}` and a write is refused, rather than stored under an id that the
 *   visitor never learns.
 * - A write prolongs the session in the store by its `maxAge`; the browser's cookie is only prolonged by HTTP
 *   responses.
 * - The plugin's default `rolling: true` saves each HTTP request's copy of the session when the request ends.
 *   A request that began before a socket's write and ends after it undoes the write, with the plugin's own
 *   memory store too.
 *
 * @param app - the instance on which `@fastify/cookie` and `@fastify/session` are registered, or a child of
 *   it
 * @param options - the name and prefix of the cookie, if the plugin was given any; it does not reveal them
 */
export function fastifySession(app: FastifyApp, options: FastifySessionOptions = {}): HttpSessions {
  if (typeof app?.hasDecorator !== "function") {
    throw new RoomcastError("ERR_OPTION", `fastifySession() takes a Fastify instance, not ${show(app)}.`);
  }
  const { cookieName, cookiePrefix } = resolveOptions(fastifySessionOptions, options, "fastifySession()");
  const order = new KeyedQueue();
  return {
    name,
    writable: true,
    async open(request: SessionRequest): Promise<HttpSession> {
      if (!isDecorated(app)) {
        throw new RoomcastError(
          "ERR_SESSION",
          "fastifySession() needs @fastify/cookie and @fastify/session on the instance it is given: register both, and await app.ready() before clients connect.",
        );
      }
      const cookie = app.parseCookie(cookieHeader(request) ?? "")[cookieName];
      if (!cookie?.startsWith(cookiePrefix)) return absentSession;
      const standIn = handshakeRequest(request);
      const decrypt = async () => {
        const holder: HandshakeRequest & { session?: Session } = { ...standIn };
        await fromCallback((done) => app.decryptSession(cookie.slice(cookiePrefix.length), holder, done));
        return holder.session;
      };
      const session = await sessionErrors(`${name} could not find the session`, decrypt);
      const id = session?.sessionId ?? "";
      return new StoredHttpSession(name, id, order, async () => stored(await decrypt(), id));
    },
  };
}

/** For a cookie without a session the plugin makes a new one, each time with another id: the id tells. */
function stored(session: Session | undefined, id: string): StoredSession | undefined {
  if (session?.sessionId !== id) return undefined;
  const { cookie: _, ...data } = session;
  return {
    data,
    async save(changed, removed) {
      applyChanges(session, changed, removed, (key) => key === "cookie");
      session.touch();
      await session.save();
    },
  };
}

function isDecorated(app: FastifyApp): app is Decorated {
  return app.hasDecorator("parseCookie") && app.hasDecorator("decryptSession");
}
