/** Decides which requests may see the dashboard: signs people in and out, and reads their cookies. */

import { parseCookie } from "cookie";
import { LoginAttempts } from "../../admin/login-attempts.ts";
import type { Log } from "../../base/log/log.ts";
import { quoted } from "../../base/printable.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { Credentials, type DashboardCredentials } from "./credentials.ts";
import { isFromThisMachine } from "./request-guard.ts";
import { SessionTokens, type SignedIn, sessionKey } from "./session-tokens.ts";

/** Decides about a request, as the application's own check of a session does. */
export type DashboardRequestCheck = (request: EngineRequest) => boolean | Promise<boolean>;

/** How people prove that they may see the dashboard. `false`: on this machine alone, without any proof. */
export type DashboardAuth = false | DashboardCredentials | DashboardRequestCheck;

/** What the door needs to know. */
export interface DoorSettings {
  readonly auth: DashboardAuth;
  /** Shared by all processes, for the signatures of cookies; not used without credentials. */
  readonly secret: string;
  /** How long a sign-in lasts, in ms. */
  readonly sessionDuration: number;
}

/** A person that may see the dashboard. */
export interface Visitor {
  /** The name; `null` where the application knows it, or everybody on this machine may. */
  readonly user: string | null;
  /** The sign-in; `null` for none. */
  readonly signedIn: SignedIn | null;
}

/** What came of an attempt to sign in. */
export type SignInResult =
  | { readonly type: "signed in"; readonly cookie: string; readonly visitor: Visitor }
  | { readonly type: "wrong" }
  | { readonly type: "too many" };

/** The longest name that can sign in, in characters. */
const longestName = 100;

/** See the head of this file. */
export class Door {
  readonly #auth: DashboardAuth;
  readonly #duration: number;
  readonly #credentials: Credentials | null;
  readonly #tokens: SessionTokens | null;
  /** A browser keeps one set of cookies for all ports of a machine, where several servers may run. */
  readonly #cookieName: string;
  readonly #attempts: LoginAttempts;
  readonly #logger: Log;

  private constructor(
    { auth, sessionDuration }: DoorSettings,
    checks: { readonly credentials: Credentials; readonly tokens: SessionTokens } | null,
    clock: Clock,
    logger: Log,
  ) {
    this.#auth = auth;
    this.#duration = sessionDuration;
    this.#credentials = checks?.credentials ?? null;
    this.#tokens = checks?.tokens ?? null;
    this.#cookieName = `roomcast_dashboard_${checks?.tokens.label ?? ""}`;
    this.#attempts = new LoginAttempts(clock);
    this.#logger = logger;
  }

  /**
   * Makes a door.
   *
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE` where the password is a hash that needs one
   */
  static async open(settings: DoorSettings, clock: Clock, logger: Log): Promise<Door> {
    const { auth, secret, sessionDuration } = settings;
    if (auth === false || typeof auth === "function") return new Door(settings, null, clock, logger);
    const credentials = new Credentials(auth);
    const [key] = await Promise.all([sessionKey(secret), credentials.loaded()]);
    return new Door(
      settings,
      { credentials, tokens: new SessionTokens(key, sessionDuration) },
      clock,
      logger,
    );
  }

  /** Whether people sign in with a name and a password. */
  get hasForm(): boolean {
    return this.#credentials !== null;
  }

  /**
   * The person that makes a request; `null` for one that may not see anything.
   *
   * @throws whatever the application's check throws
   */
  async visitorOf(request: EngineRequest): Promise<Visitor | null> {
    if (this.#auth === false) return isFromThisMachine(request) ? { user: null, signedIn: null } : null;
    if (typeof this.#auth === "function")
      return (await this.#auth(request)) === true ? { user: null, signedIn: null } : null;
    const signedIn = this.#tokens?.read(cookieOf(request, this.#cookieName)) ?? null;
    return signedIn === null ? null : { user: signedIn.user, signedIn };
  }

  /** Tries a name and a password. Attempts are limited for each address, and in all. */
  async signIn(request: EngineRequest, username: string, password: string): Promise<SignInResult> {
    const { address } = request;
    if (this.#credentials === null || this.#tokens === null) return { type: "wrong" };
    if (!this.#attempts.begin(address)) return { type: "too many" };
    const isRight = username.length <= longestName && (await this.#credentials.areRight(username, password));
    if (!isRight) {
      const name = quoted(username.slice(0, longestName));
      this.#logger.warn(`The dashboard refused the sign-in of ${name} from ${address}.`, {
        type: "dashboard login refused",
        user: username.slice(0, longestName),
        address,
      });
      return { type: "wrong" };
    }
    this.#attempts.succeed(address);
    this.#logger.info(`The dashboard: ${quoted(username)} signed in from ${address}.`, {
      type: "dashboard login",
      user: username,
      address,
    });
    const token = this.#tokens.make(username);
    const maxAge = Math.floor(this.#duration / 1000);
    const cookie = cookieText(`${this.#cookieName}=${token}`, maxAge, isOverTls(request));
    return { type: "signed in", cookie, visitor: { user: username, signedIn: this.#tokens.read(token) } };
  }

  /** Ends a sign-in before its time. */
  end(id: string, until: number): void {
    this.#tokens?.end(id, until);
  }

  /** The header field that removes the cookie. */
  farewell(request: EngineRequest): string {
    return cookieText(`${this.#cookieName}=`, 0, isOverTls(request));
  }
}

/**
 * Without a path, which a proxy in front may have changed: the browser then sends the cookie with requests
 * beside that for the sign-in, and no others.
 */
function cookieText(pair: string, maxAge: number, isSecure: boolean): string {
  return `${pair}; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

function cookieOf({ headers: { cookie } }: EngineRequest, name: string): string | undefined {
  return parseCookie(Array.isArray(cookie) ? cookie.join("; ") : (cookie ?? ""))[name];
}

/** Whether the browser uses TLS, which may end in a proxy that does not tell. */
function isOverTls({ secure, headers: { origin } }: EngineRequest): boolean {
  return secure || (typeof origin === "string" && origin.startsWith("https:"));
}
