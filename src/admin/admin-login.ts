/**
 * Lets administrators in, by name and password or by the id of a session. One that is refused learns nothing
 * else: not whether the name exists, nor, by the time that it takes, how much of it was right.
 */

import type { Log } from "../base/log/log.ts";
import { missingPackage } from "../base/missing-package.ts";
import { nodeCrypto } from "../base/node-crypto.ts";
import { isPlainObject } from "../base/options.ts";
import { printable } from "../base/printable.ts";
import { AdminSessions, type AdminSessionsOwner } from "./admin-sessions.ts";
import type { AdminAuth } from "./instrument-options.ts";
import { LoginAttempts, loginLimits } from "./login-attempts.ts";

/** What logins need of their process. */
export interface AdminLoginOwner extends AdminSessionsOwner {
  readonly logger: Log;
}

/** A login that was let in. */
export interface AdmittedLogin {
  readonly username: string;
  /** The id of a new session; `null` where it came with one, or needs none. */
  readonly sessionId: string | null;
}

/** Compares a password with a hash. */
type Compare = (password: string, hash: string) => Promise<boolean>;

/** Longer ones are refused unseen. In characters. */
const longestName = 256;
const longestPassword = 1024;

/** The login of the admin interface. */
export class AdminLogin {
  readonly #auth: readonly AdminAuth[] | null;
  readonly #owner: AdminLoginOwner;
  readonly #sessions: AdminSessions;
  readonly #attempts: LoginAttempts;
  #compare: Promise<Compare> | null = null;

  /**
   * @param auth - the ways to log in; `null` where none is needed
   * @param lifetime - how long a session lasts, in ms
   * @param owner - this process
   */
  constructor(auth: readonly AdminAuth[] | null, lifetime: number, owner: AdminLoginOwner) {
    this.#auth = auth;
    this.#owner = owner;
    this.#sessions = new AdminSessions(owner, lifetime);
    this.#attempts = new LoginAttempts(owner.clock, loginLimits, (address) =>
      this.#warn(
        "was refused: there were too many, and further ones are refused unseen for a minute",
        address,
      ),
    );
  }

  /**
   * Loads what it needs to compare passwords.
   *
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE`
   */
  async prepare(): Promise<void> {
    if (this.#auth?.some(({ password }) => typeof password === "string") !== true) return;
    this.#compare ??= loadCompare();
    await this.#compare;
  }

  /**
   * Decides about a login. Never rejects.
   *
   * @param auth - what the client sent with its request to join
   * @param address - where it comes from
   * @returns `null` for a refusal
   */
  async check(auth: unknown, address: string): Promise<AdmittedLogin | null> {
    if (this.#auth === null) return { username: "anonymous", sessionId: null };
    const { sessionId, username, password } = isPlainObject(auth) ? auth : {};
    const hasSession = isText(sessionId, longestName) && sessionId !== "";
    const known = hasSession ? this.#stillNamed(this.#sessions.find(sessionId)) : undefined;
    if (known !== undefined) return { username: known, sessionId: null };
    const hasPassword = isText(username, longestName) && isText(password, longestPassword);
    // The page looks in before it asks for a password: that is no attempt.
    if (!hasSession && !hasPassword) return null;
    if (!this.#attempts.begin(address)) return null;
    const owner = hasSession ? this.#stillNamed(await this.#sessions.findAnywhere(sessionId)) : undefined;
    if (owner !== undefined) {
      this.#attempts.succeed(address);
      return { username: owner, sessionId: null };
    }
    if (hasPassword && (await this.#isRight(username, password))) {
      this.#attempts.succeed(address);
      return { username, sessionId: this.#sessions.create(username) };
    }
    this.#warn(hasPassword ? "was refused" : "was refused: its session has ended", address);
    return null;
  }

  /** The owner of a session, unless the options name it no more: an older process may have let it in. */
  #stillNamed(owner: string | undefined): string | undefined {
    const isNamed = this.#auth?.some(({ username }) => username === undefined || username === owner);
    return isNamed === true ? owner : undefined;
  }

  /** Looks at every way to log in, whether one was right or not: that takes the same time for every name. */
  async #isRight(username: string, password: string): Promise<boolean> {
    let isRight = false;
    try {
      for (const auth of this.#auth ?? []) {
        const isNamed = auth.username === undefined || areEqual(auth.username, username);
        const fits =
          typeof auth.password === "function"
            ? (await auth.password(username, password)) === true
            : await (await this.#comparer())(password, auth.password);
        if (isNamed && fits) isRight = true;
      }
    } catch (error) {
      this.#owner.logger.error("A login to the admin interface could not be checked", {
        type: "admin failed",
        err: error,
      });
      return false;
    }
    return isRight;
  }

  #comparer(): Promise<Compare> {
    this.#compare ??= loadCompare();
    return this.#compare;
  }

  #warn(what: string, address: string): void {
    this.#owner.logger.warn(`A login to the admin interface from ${printable(address)} ${what}`, {
      type: "admin login refused",
      address,
    });
  }
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length <= longest;
}

/** Compares two texts in a time that tells nothing of them. */
function areEqual(one: string, other: string): boolean {
  const { createHash, timingSafeEqual } = nodeCrypto();
  const [first, second] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

async function loadCompare(): Promise<Compare> {
  try {
    const { default: bcrypt } = await import("bcryptjs");
    return (password, hash) => bcrypt.compare(password, hash);
  } catch (cause) {
    throw missingPackage("bcryptjs", cause);
  }
}
