/**
 * HTTP sessions of `iron-session`, which live encrypted in the visitor's cookie: sockets can read them, not
 * write them.
 */
import { RoomcastError } from "../base/errors.ts";
import { missingPackage } from "../base/missing-package.ts";
import { cookieSession } from "./cookie-session.ts";
import { cookieNamed } from "./handshake-request.ts";
import type { HttpSession, HttpSessions, SessionRequest } from "./http-session.ts";

/** The options that the application gives to `getIronSession`; the same object can be passed. */
export interface IronSessionOptions {
  /** The cookie's name. */
  readonly cookieName: string;
  /** At least 32 characters; or several passwords by number, of which the highest seals and all unseal. */
  readonly password: string | Readonly<Record<string, string>>;
  /** How long a session is valid, in seconds as `iron-session` has it; default 14 days, 0 for ever. */
  readonly ttl?: number;
  /** Of these only `maxAge` matters here: `maxAge: undefined` means the same as `ttl: 0`. */
  readonly cookieOptions?: object & { readonly maxAge?: number | undefined };
}

const name = "iron-session";

/**
 * Reads the sessions that `iron-session` seals into a cookie: for Hono, Next.js, Express or any other server.
 *
 * ```ts
 * const options = { cookieName: "session", password: process.env.SESSION_PASSWORD };
 * app.post("/login", async (c) => { … await getIronSession(c.req.raw, response, options) … });
 * const socketio = new SocketIO(app, { session: ironSession(options) });
 * ```
 *
 * The data is that of the handshake's cookie as long as the connection lives, and `{}` once its `ttl` is
 * over. A socket can set no cookie, so it can neither write the session nor learn that it was changed or
 * ended over HTTP: where a logout must reach open connections, end them (`disconnect`), or keep sessions in a
 * store.
 *
 * @throws RoomcastError `ERR_OPTION` if the cookie's name or a password is missing, or a password is too
 *   short
 */
export function ironSession(options: IronSessionOptions): HttpSessions {
  const { cookieName, password } = options ?? {};
  const passwords = typeof password === "string" ? [password] : Object.values(password ?? {});
  if (!cookieName || passwords.length === 0 || passwords.some((each) => each.length < 32)) {
    throw new RoomcastError(
      "ERR_OPTION",
      "ironSession() takes the options of getIronSession: a `cookieName`, and a `password` of at least 32 characters.",
    );
  }
  return {
    name,
    writable: false,
    async open(request: SessionRequest): Promise<HttpSession> {
      const { getIronSession } = await import("iron-session").catch((cause) => {
        throw missingPackage(name, cause);
      });
      const value = cookieNamed(request, cookieName);
      const cookies = { get: () => (value ? { name: cookieName, value } : undefined), set: () => {} };
      return cookieSession(name, async () => {
        // The options are valid, so an error here means that the cookie is forged.
        const session = await getIronSession<Record<string, unknown>>(cookies, options).catch(() => ({}));
        return { ...session };
      });
    },
  };
}
