/** Which pages may talk to the server: the same-origin rule, its exceptions, and the CORS header fields. */

import { RoomcastError } from "../../base/errors.ts";
import { onRejection } from "../../base/foreign-value.ts";
import { quoted } from "../../base/printable.ts";
import type { CorsOptions, OriginRule } from "../engine-options.ts";
import type { EngineRequest } from "../ports.ts";

/** The header fields that a polling client of the field sends and a preflight has to allow. */
const ordinaryHeaders = ["content-type"];

/** Of an origin, or a scheme and a host, in characters: no name of a host has more than 253. */
const longestUrl = 1024;

const plainHost = /^[\w.-]+(:\d+)?$/;

/** Decides over the `Origin` of requests, the same for both transports. */
export class OriginPolicy {
  readonly #cors: CorsOptions | null;
  readonly #report: (error: unknown) => void;
  /** The latest request that came from this server's own page: most name the same origin and host. */
  #known = { origin: "", host: "", secure: false };

  /**
   * @param cors - the exceptions from the same-origin rule, or `null` for none
   * @param report - told what the application's own function throws, which then counts as a no
   * @throws {@link RoomcastError} `ERR_OPTION` for a name that no origin can have
   */
  constructor(cors: CorsOptions | null, report: (error: unknown) => void) {
    this.#cors = cors === null ? null : { ...cors, origin: settleRule(cors.origin) };
    this.#report = report;
  }

  /**
   * Whether a request may be answered. One without an `Origin` comes from a page of another origin only where
   * its browser says so: it sends none with what a page embeds or links to.
   */
  allows(request: EngineRequest): boolean {
    const origin = originOf(request);
    if (origin === undefined) return !isFromElsewhere(request) || this.#cors?.origin === "*";
    return this.#isOwn(origin, request) || this.#isNamed(origin, request);
  }

  /** The CORS header fields for the answer to a request. */
  headers(request: EngineRequest): Record<string, string> {
    const origin = originOf(request);
    const cors = this.#cors;
    if (cors === null) return {};
    // Whatever is answered depends on the origin, and caches must know it also where the field is absent.
    if (origin === undefined || !this.#isNamed(origin, request))
      return cors.origin === "*" ? {} : { vary: "Origin" };
    const headers: Record<string, string> =
      cors.origin === "*"
        ? { "access-control-allow-origin": "*" }
        : { "access-control-allow-origin": origin, vary: "Origin" };
    if (cors.credentials === true) headers["access-control-allow-credentials"] = "true";
    return headers;
  }

  /** The CORS header fields for the answer to a preflight request. */
  preflightHeaders(request: EngineRequest): Record<string, string> {
    const headers = this.headers(request);
    if (headers["access-control-allow-origin"] === undefined) return headers;
    headers["access-control-allow-methods"] = "GET,POST";
    headers["access-control-allow-headers"] = [
      ...ordinaryHeaders,
      ...(this.#cors?.allowedHeaders ?? []),
    ].join(",");
    if (this.#cors?.maxAge !== undefined) headers["access-control-max-age"] = String(this.#cors.maxAge);
    return headers;
  }

  #isOwn(origin: string, request: EngineRequest): boolean {
    const host = request.host ?? request.headers.host;
    const { secure } = request;
    const known = this.#known;
    if (origin === known.origin && host === known.host && secure === known.secure) return true;
    if (typeof host !== "string" || !isSameOrigin(origin, host, secure)) return false;
    this.#known = { origin, host, secure };
    return true;
  }

  #isNamed(origin: string, request: EngineRequest): boolean {
    if (this.#cors === null) return false;
    try {
      return matches(this.#cors.origin, origin, request, this.#report);
    } catch (error) {
      this.#report(error);
      return false;
    }
  }
}

function matches(
  rule: OriginRule,
  origin: string,
  request: EngineRequest,
  report: (error: unknown) => void,
): boolean {
  // Nothing but true is a yes: not, for example, the promise of an async function.
  if (typeof rule === "function") {
    const verdict: unknown = rule(origin, request);
    onRejection(verdict, report);
    return verdict === true;
  }
  if (typeof rule === "string") return rule === "*" || rule === httpForm(origin);
  if (rule instanceof RegExp) return test(rule, origin) || test(rule, httpForm(origin));
  return rule.some((part) => matches(part, origin, request, report));
}

function test(pattern: RegExp, origin: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(origin);
}

/** Some clients outside of browsers write the WebSocket's own scheme. It stands for the same server. */
function httpForm(origin: string): string {
  return /^wss?:/.test(origin) ? origin.replace("ws", "http") : origin;
}

/** What a scheme of its own, such as an application's, has behind it in an origin. */
const opaqueOrigin = /^[a-z][a-z\d+.-]*:\/\/[^/?#\s*]*$/;

/** A rule whose names have the form in which browsers send them. */
function settleRule(rule: OriginRule): OriginRule {
  if (typeof rule === "string") return settleName(rule);
  return Array.isArray(rule)
    ? rule.map((part) => (typeof part === "string" ? settleName(part) : part))
    : rule;
}

/** Browsers send the scheme and the host in lower case, no default port, and nothing behind. */
function settleName(name: string): string {
  // Pages without an origin, such as those of files, send "null".
  if (name === "*" || name === "null") return name;
  const url = parse(httpForm(name));
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    const isOrigin = url.pathname === "/" && url.href.replace(/\/$/, "") === url.origin;
    if (isOrigin && !url.host.includes("*")) return url.origin;
  } else if (url !== undefined && opaqueOrigin.test(name)) {
    return name;
  }
  throw new RoomcastError(
    "ERR_OPTION",
    `The option cors.origin of new SocketIO() has ${quoted(name)}, which no page can have as its origin: it must be a scheme, a host and at most a port, such as "https://example.com". ` +
      "For all hosts of a domain use a pattern: /^https:\\/\\/[\\w.-]+\\.example\\.com$/.",
  );
}

/** Whether a browser says that another origin's page made it send the request (Fetch Metadata). */
function isFromElsewhere({ headers: { "sec-fetch-site": site } }: EngineRequest): boolean {
  return site === "cross-site" || site === "same-site";
}

function originOf(request: EngineRequest): string | undefined {
  const { origin } = request.headers;
  return typeof origin === "string" ? origin : undefined;
}

/**
 * Whether the page came from this very server. Its host and port must be those that the request was sent to.
 * A plain server also believes an `https` page, since TLS may end in front of it; a TLS server never believes
 * an `http` page.
 */
export function isSameOrigin(sent: string, host: string, secure: boolean): boolean {
  const origin = httpForm(sent);
  // What nearly every page sends needs no parsing.
  if (plainHost.test(host) && (origin === `https://${host}` || origin === `http://${host}`))
    return origin.startsWith("https:") || !secure;
  const page = parse(origin);
  if (page === undefined || (secure && page.protocol !== "https:")) return false;
  return page.host === parse(`${page.protocol}//${host}`)?.host;
}

function parse(url: string): URL | undefined {
  // No host is as long as that, and to parse one that is takes as long as a hundred requests.
  return url.length <= longestUrl && URL.canParse(url) ? new URL(url) : undefined;
}
