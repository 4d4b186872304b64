/** The options of `dashboard()`, in one table. */

import { RoomcastError } from "../../base/errors.ts";
import { booleanOption, isPlainObject, option, resolveOptions } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import type { DashboardAuth } from "../../dashboard/access/door.ts";
import { isUnknownHash } from "../../dashboard/access/password-hash.ts";

/** The fewest characters of a password that is not a hash. */
const leastPassword = 8;
/** The fewest characters of a secret. */
const leastSecret = 32;

/** All options of `dashboard()`. */
export const dashboardOptions = {
  /** The path of the page, below which everything of the dashboard lies. */
  path: option<string>("/roomcast", 'a path such as "/roomcast"', isPath),
  /**
   * How people prove that they may see the dashboard, and there is no default: `{ username, password }`,
   * where the password is a text of at least 8 characters, a hash of bcrypt or scrypt, or a function of the
   * password and the name that returns whether they are right, and then `username` may be left out; a
   * function of the request that returns whether it may pass, such as a check of the application's session;
   * or `false`, which answers requests from this machine alone.
   */
  auth: option<DashboardAuth | null>(
    null,
    "{ username, password }, a function of the request, or false",
    isAuth,
    { definite: true, describes: describeAuth },
  ),
  /** Whether the page shows no commands, and the server refuses them: emit, join, leave and disconnect. */
  readonly: booleanOption(false),
  /**
   * Whether the page shows what events and public data hold; `null` for `true` unless `NODE_ENV` is
   * `"production"`.
   */
  payloads: option<boolean | null>(
    null,
    "true, false or null",
    (value) => value === null || typeof value === "boolean",
  ),
  /** How long a sign-in with a password lasts, in ms. */
  sessionDuration: option<number>(
    12 * 60 * 60 * 1000,
    "an integer of at least 60000 (ms)",
    (value) => Number.isSafeInteger(value) && (value as number) >= 60_000,
  ),
  /**
   * Signs the cookies of people that have signed in: a text of at least 32 characters that all processes
   * share. By default it follows from `queueSecret`, or else from the password. A sign-in ends when the name
   * or the password changes, in any case.
   */
  secret: option<string | null>(
    null,
    `a text of at least ${leastSecret} characters`,
    (value) => value === null || (typeof value === "string" && value.length >= leastSecret),
    { definite: true, describes: () => "anything else" },
  ),
} as const;

/** The options of `socketio.dashboard()`. */
export interface DashboardOptions {
  readonly path?: string | undefined;
  readonly auth: DashboardAuth;
  readonly readonly?: boolean | undefined;
  readonly payloads?: boolean | null | undefined;
  readonly sessionDuration?: number | undefined;
  readonly secret?: string | null;
}

/**
 * Checks options and fills in the defaults.
 *
 * @param given - what the application gave
 * @param clientPath - the path of the clients' requests, which cannot be the dashboard's
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function settleDashboard(given: DashboardOptions, clientPath: string) {
  const settled = resolveOptions(dashboardOptions, given, "dashboard()");
  const { auth, payloads } = settled;
  if (auth === null) {
    throw new RoomcastError(
      "ERR_OPTION",
      'dashboard() needs the option "auth": { username, password }, a function of the request, or false for this machine alone.',
    );
  }
  const path = settled.path.replace(/\/+$/, "");
  if (`${clientPath.replace(/\/+$/, "")}/`.startsWith(`${path}/`)) {
    throw new RoomcastError(
      "ERR_OPTION",
      `The option "path" of dashboard() must not be that of the clients, ${clientPath}, nor above it.`,
    );
  }
  return { ...settled, auth, path, payloads: payloads ?? process.env.NODE_ENV !== "production" };
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && /^(\/[\w.~-]+)+\/?$/.test(value) && !/\/\.{1,2}(\/|$)/.test(value);
}

function isAuth(value: unknown): boolean {
  if (value === false || typeof value === "function") return true;
  if (!isPlainObject(value)) return false;
  const { username: _username, password, ...others } = value;
  if (!hasName(value) || Object.keys(others).length > 0) return false;
  if (typeof password !== "string") return typeof password === "function";
  return password.length >= leastPassword && !isUnknownHash(password);
}

/** A name may be left out where a function decides; one that is missing by mistake is not left out. */
function hasName(auth: Readonly<Record<string, unknown>>): boolean {
  if (!("username" in auth)) return typeof auth.password === "function";
  return typeof auth.username === "string" && auth.username !== "";
}

/** A password is in no message. */
function describeAuth(value: unknown): string {
  if (!isPlainObject(value)) return value === null || value === true ? String(value) : `a ${typeof value}`;
  const { username: _username, password, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) return `an object with ${quoted(other)}`;
  if (!hasName(value)) return "an object without a username";
  if (typeof password === "string" && isUnknownHash(password))
    return "one with a hash that is neither of bcrypt nor of scrypt, or not complete (a shell replaces $ between double quotes)";
  return typeof password === "string"
    ? `one with a password of ${password.length} characters, fewer than ${leastPassword}`
    : "an object without a password";
}
