/** The options of `instrument()`. */

import { RoomcastError } from "../base/errors.ts";
import {
  booleanOption,
  type GivenOptions,
  isPlainObject,
  limitOption,
  numberOption,
  option,
  type ResolvedOptions,
  resolveOptions,
  show,
} from "../base/options.ts";
import { isNamespaceName } from "../core/model/namespace-name.ts";

/**
 * Decides about a login.
 *
 * @param username - the name that was entered
 * @param password - the password that was entered
 */
export type AdminPasswordCheck = (username: string, password: string) => boolean | Promise<boolean>;

/** One way to log in to the admin interface. */
export interface AdminAuth {
  readonly type: "basic";
  /** The name of the administrator; it may be left out where `password` is a function. */
  readonly username?: string | undefined;
  /** A bcrypt hash of the password, for which the package `bcryptjs` is needed; or a function. */
  readonly password: string | AdminPasswordCheck;
}

const bcryptHash = /^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/;

export const instrumentOptions = {
  /**
   * The login: `{ type: "basic", username, password }`, where `password` is a bcrypt hash or a function of
   * name and password; a list of several; or `false` for none, which lets in everyone that reaches the
   * server. It must be given.
   */
  auth: option<false | AdminAuth | readonly AdminAuth[] | null>(
    null,
    'false, or { type: "basic", username, password } with a bcrypt hash or a function as the password, or a list of those',
    (value) =>
      value === false || isAuth(value) || (Array.isArray(value) && value.length > 0 && value.every(isAuth)),
    { describes: describeAuth },
  ),
  /**
   * What the interface shows: every client and event with `"development"`, numbers alone with `"production"`.
   */
  mode: option<"development" | "production">(
    "development",
    '"development" or "production"',
    (value) => value === "development" || value === "production",
  ),
  /** Up to how many clients, in all processes, `"development"` shows every one; above, numbers alone. */
  maxDetailedClients: limitOption(500, 0),
  /** Whether the interface only shows, and changes nothing. */
  readonly: booleanOption(false, { aliases: ["read_only"] }),
  /** The namespace of the interface. */
  namespace: option<string>("/admin", "a string that begins with a slash and has no comma", isNamespaceName, {
    aliases: ["namespaceName"],
  }),
  /**
   * Whether this server serves the pages of the package `@socket.io/admin-ui`, below `/admin/` or below the
   * path that is given.
   */
  serveUi: option<boolean | string>(
    false,
    'true, false or a path such as "/admin/"',
    (value) => typeof value === "boolean" || (typeof value === "string" && isPath(value)),
  ),
  /** What this process is called in the list of servers. `null` for host and process id. */
  serverId: option<string | null>(
    null,
    "a string that is not empty",
    (value) => value === null || (typeof value === "string" && value !== ""),
    { aliases: ["server_id"] },
  ),
  /** How long a login lasts, in ms. */
  sessionLifetime: numberOption(86_400_000, "ms", 1000),
} as const;

/** The options of `instrument()`. */
export interface InstrumentOptions extends GivenOptions<typeof instrumentOptions> {}

/** The settled options. */
export interface InstrumentConfig
  extends Omit<ResolvedOptions<typeof instrumentOptions>, "auth" | "serveUi"> {
  /** The ways to log in; `null` where none is needed. */
  readonly auth: readonly AdminAuth[] | null;
  /** The path of the pages, with a slash at both ends; `null` for none. */
  readonly uiPath: string | null;
}

/**
 * Checks the options.
 *
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function settleInstrument(given: InstrumentOptions): InstrumentConfig {
  const { auth, serveUi, ...others } = resolveOptions(instrumentOptions, given, "instrument()");
  if (auth === null) {
    throw new RoomcastError(
      "ERR_OPTION",
      'instrument() needs the option "auth": { type: "basic", username, password }, or false for no login at all.',
    );
  }
  const path = serveUi === true ? "/admin/" : serveUi;
  return Object.freeze({
    ...others,
    auth: auth === false ? null : [auth].flat(),
    uiPath: path === false ? null : `${path.replace(/\/$/, "")}/`,
  });
}

/** Whether browsers ask for a path as it is written. */
function isPath(text: string): boolean {
  return /^\/[^?#\s]*[^/?#\s]\/?$/.test(text) && !/\/\.{0,2}\/|\/\.{1,2}$/.test(text);
}

function isAuth(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { type, username, password, ...unknown } = value;
  if (type !== "basic" || Object.keys(unknown).length > 0) return false;
  if (typeof password === "function") return username === undefined || typeof username === "string";
  return typeof password === "string" && bcryptHash.test(password) && typeof username === "string";
}

/** Describes a wrong value without the password in it. */
function describeAuth(value: unknown): string {
  for (const each of [value].flat()) {
    if (isPlainObject(each) && typeof each.password === "string" && !bcryptHash.test(each.password))
      return "one with a password that is no bcrypt hash: make one with npx --package bcryptjs bcrypt <password>";
  }
  return show(value);
}
