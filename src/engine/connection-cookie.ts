/** The cookie that carries a connection's id, so that a load balancer leads its requests to one process. */

import { type SerializeOptions, stringifySetCookie } from "cookie";
import { isPlainObject } from "../base/options.ts";

/** The attributes of a cookie. A function gives an attribute's value for each connection. */
type CookieAttributes = {
  [Name in keyof Omit<SerializeOptions, "encode">]?: SerializeOptions[Name] | (() => SerializeOptions[Name]);
};

/** The cookie that carries the connection's id, for load balancers. Attributes as in the `cookie` package, or functions. */
export interface CookieOptions extends CookieAttributes {
  /** The cookie's name. Default `"io"`. */
  name?: string;
}

const attributeNames: Readonly<Record<keyof CookieOptions, true>> = {
  name: true,
  domain: true,
  expires: true,
  httpOnly: true,
  maxAge: true,
  partitioned: true,
  path: true,
  priority: true,
  sameSite: true,
  secure: true,
};

/** Whether a value describes the cookie. What functions give is not known before. */
export function isConnectionCookie(value: unknown): value is boolean | string | CookieOptions {
  if (typeof value === "boolean") return true;
  if (typeof value === "string") return isWritable({ name: value });
  if (!isPlainObject(value) || typeof value.name === "function") return false;
  const fixed = Object.entries(value).filter(([, attribute]) => typeof attribute !== "function");
  return (
    Object.keys(value).every((name) => Object.hasOwn(attributeNames, name)) &&
    isWritable(Object.fromEntries(fixed))
  );
}

/**
 * The cookie of a connection, as the value of a header field.
 *
 * @param cookie - what the application wants
 * @param id - the connection's id
 * @param secure - whether the request came over TLS
 * @throws whatever a function of the application throws, and a TypeError for what no cookie can hold
 */
export function connectionCookie(cookie: true | string | CookieOptions, id: string, secure: boolean): string {
  const { name = "io", ...attributes } =
    typeof cookie === "object" ? cookie : { name: cookie === true ? "io" : cookie };
  const given: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(attributes))
    given[attribute] = typeof value === "function" ? value() : value;
  const defaults: SerializeOptions = { path: "/", httpOnly: true, sameSite: "lax", secure };
  return stringifySetCookie({ name, value: id, ...defaults, ...given });
}

function isWritable(cookie: CookieOptions): boolean {
  try {
    return cookie.name !== "" && connectionCookie(cookie, "id", false) !== "";
  } catch {
    return false;
  }
}
