/** The cookie that carries a connection's id, so that a load balancer leads its requests to one process. */

import { type SerializeOptions, stringifySetCookie } from "cookie";
import { RoomcastError } from "../../base/errors.ts";
import { onRejection } from "../../base/foreign-value.ts";
import { isPlainObject, type Option, option } from "../../base/options.ts";
import { isToken } from "./header-token.ts";

/** An attribute of a cookie, or a function that gives it for each connection. */
type CookieAttribute<Value> = Value | undefined | (() => Value | undefined);

/**
 * The cookie that carries the connection's id, for load balancers, with the attributes of RFC 6265bis §4.1.2.
 * Each may be a function.
 */
export interface CookieOptions {
  /** The cookie's name. Default `"io"`. */
  name?: string;
  /** The path below which browsers send it. Default `"/"`. */
  path?: CookieAttribute<string>;
  /** The host that gets it, with those below. Default: the host of the request alone. */
  domain?: CookieAttribute<string>;
  /** How long browsers keep it, in seconds. Default: until they are closed. */
  maxAge?: CookieAttribute<number>;
  /** Until when browsers keep it. `maxAge` goes before. */
  expires?: CookieAttribute<Date>;
  /** Whether scripts of the page cannot read it. Default `true`. */
  httpOnly?: CookieAttribute<boolean>;
  /** Whether it goes over TLS alone. Default: whether the handshake came over TLS. */
  secure?: CookieAttribute<boolean>;
  /** Whether a page in which another page embeds this one has a cookie of its own. */
  partitioned?: CookieAttribute<boolean>;
  /** Which requests of other sites carry it; `true` is `"strict"`. Default `"lax"`. */
  sameSite?: CookieAttribute<boolean | "lax" | "strict" | "none">;
  /** Which cookies browsers drop last when they have too many. */
  priority?: CookieAttribute<"low" | "medium" | "high">;
}

/** A value of an attribute, or a function that gives one for each connection. */
function attribute(expects: string, accepts: (value: unknown) => boolean): Option<unknown> {
  return option<unknown>(
    null,
    `${expects}, or a function that gives one`,
    (value) => typeof value === "function" || accepts(value),
  );
}

const flag = attribute("true or false", (value) => typeof value === "boolean");

/** The package knows what a path or domain may hold. It takes more than texts for them, and empty ones. */
const isText = (name: "path" | "domain") => (value: unknown) =>
  typeof value === "string" && value !== "" && isWritable({ [name]: value });

const isPath = isText("path");

/** The table of {@link CookieOptions}. */
export const cookieOptions = {
  name: option<string>("io", "a name of letters, digits and !#$%&'*+-.^_`|~", isToken),
  path: attribute(
    'a path that begins with a slash and has no ";"',
    (value) => isPath(value) && String(value).startsWith("/"),
  ),
  domain: attribute("the name of a host, without a port", isText("domain")),
  maxAge: attribute("an integer (seconds)", Number.isSafeInteger),
  expires: attribute("a valid Date", (value) => value instanceof Date && Number.isFinite(value.getTime())),
  httpOnly: flag,
  secure: flag,
  partitioned: flag,
  sameSite: attribute(
    'true, false, "lax", "strict" or "none"',
    (value) =>
      typeof value === "boolean" || (typeof value === "string" && /^(lax|strict|none)$/i.test(value)),
  ),
  priority: attribute(
    '"low", "medium" or "high"',
    (value) => typeof value === "string" && /^(low|medium|high)$/i.test(value),
  ),
} as const satisfies Record<keyof CookieOptions, Option<unknown>>;

/** Whether a value describes the cookie. The members of an object are checked by their own table. */
export function isConnectionCookie(value: unknown): value is boolean | string | CookieOptions {
  if (typeof value === "boolean") return true;
  if (typeof value === "string") return isToken(value) && isTakenByBrowsers({ name: value });
  return isPlainObject(value) && isTakenByBrowsers(value);
}

/**
 * The cookie of a connection, as the value of a header field.
 *
 * @param cookie - what the application wants
 * @param id - the connection's id
 * @param secure - whether the request came over TLS
 * @throws whatever a function of the application throws; {@link RoomcastError} `ERR_OPTION` where it gives
 *   what the attribute cannot be
 */
export function connectionCookie(cookie: true | string | CookieOptions, id: string, secure: boolean): string {
  const { name = "io", ...attributes } =
    typeof cookie === "object" ? cookie : { name: cookie === true ? "io" : cookie };
  const given: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(attributes)) {
    const settled: unknown = typeof value === "function" ? valueFrom(attribute, value) : value;
    if (settled !== undefined) given[attribute] = settled;
  }
  const isSecure = secure || mustBeSecure({ name, ...given });
  const defaults: SerializeOptions = { path: "/", httpOnly: true, sameSite: "lax", secure: isSecure };
  return stringifySetCookie({ name, value: id, ...defaults, ...given });
}

/** What a function of the application gives for an attribute. */
function valueFrom(attribute: string, give: () => unknown): unknown {
  const value = give();
  if (value === undefined) return undefined;
  const { accepts, expects, describes }: Option<unknown> =
    cookieOptions[attribute as keyof typeof cookieOptions];
  if (typeof value !== "function" && accepts(value)) return value;
  // It is an async function, say. What it rejects with must not end the process.
  onRejection(value, () => {});
  const kind = expects.replace(/, or a function that gives one$/, "");
  throw new RoomcastError(
    "ERR_OPTION",
    `The function "${attribute}" of the option "cookie" must give ${kind}, not ${describes(value)}.`,
  );
}

/** Browsers take such a cookie only with the attribute Secure (RFC 6265bis §4.1.2.7 and §4.1.3). */
function mustBeSecure({ name, sameSite, partitioned }: Readonly<Record<string, unknown>>): boolean {
  return (
    /^none$/i.test(String(sameSite)) || partitioned === true || /^__(Secure|Host)-/i.test(String(name ?? ""))
  );
}

/** Whether browsers take the attributes together. */
function isTakenByBrowsers(cookie: Readonly<Record<string, unknown>>): boolean {
  const { name, secure, domain, path } = cookie;
  if (secure === false && mustBeSecure(cookie)) return false;
  if (!/^__Host-/i.test(String(name ?? ""))) return true;
  return domain === undefined && (path === undefined || path === "/");
}

function isWritable(cookie: CookieOptions): boolean {
  try {
    return stringifySetCookie({ name: "io", value: "id", ...(cookie as SerializeOptions) }) !== "";
  } catch {
    return false;
  }
}
