/** The engine's options: one table from which their types, checks and the manual come. */

import {
  booleanOption,
  isPlainObject,
  limitOption,
  numberOption,
  type Option,
  option,
  type ResolvedOptions,
  show,
} from "../base/options.ts";
import { perMessageDeflateOption } from "./deflate-options.ts";
import type { EngineRequest } from "./ports.ts";
import { type CookieOptions, cookieOptions, isConnectionCookie } from "./request/connection-cookie.ts";
import { isToken } from "./request/header-token.ts";
import { type AllowedHosts, isAllowedHosts } from "./request/host-policy.ts";
import { isTrustedProxies, type TrustedProxies } from "./request/proxy-chain.ts";

/** How a connection carries packets. */
export type TransportName = "polling" | "websocket";

/** Which other origins may connect from a browser. */
export type OriginRule =
  | "*"
  | string
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string, request: EngineRequest) => boolean);

/** Access from pages of other origins (the Fetch standard's CORS protocol), for both transports. */
export interface CorsOptions {
  /**
   * The origins that may connect: `"https://example.com"`, a list, a pattern, a function, or `"*"` for all.
   */
  origin: OriginRule;
  /** Whether browsers may send cookies along. Default `false`; not possible with `origin: "*"`. */
  credentials?: boolean;
  /** Request header fields that pages may set, besides the ones that are always allowed. */
  allowedHeaders?: readonly string[];
  /** How long browsers may keep the answer to a preflight request, in seconds as the standard has it. */
  maxAge?: number;
}

/**
 * Decides over a handshake before anything else: `false`, or an error that is thrown, refuses it with status
 * 403.
 */
export type AllowRequest = (request: EngineRequest) => boolean | Promise<boolean>;

const isTransports = (value: unknown) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((name) => name === "polling" || name === "websocket");

const isOriginPart = (value: unknown) => typeof value === "string" || value instanceof RegExp;

/** The members of {@link CorsOptions}. */
const corsOptions = {
  origin: option<OriginRule | null>(
    null,
    'an origin, a pattern, a list of both, a function or "*"',
    (value) => typeof value === "function" || [value].flat().every(isOriginPart),
    { definite: true, aliases: ["origins", "allowedOrigins"] },
  ),
  credentials: booleanOption(false),
  allowedHeaders: option<readonly string[]>(
    [],
    "a list of names of header fields",
    (value) => Array.isArray(value) && value.every(isToken),
  ),
  maxAge: option<number | null>(null, "an integer (seconds)", Number.isSafeInteger),
} as const;

/** Its members are checked by their own table. */
const isCors = (value: unknown) =>
  value === null ||
  (isPlainObject(value) &&
    value.origin !== undefined &&
    !(value.credentials === true && [value.origin].flat().includes("*")));

/**
 * The longest part of a heartbeat, in ms: about 12 days. Clients wait for the sum of two such parts. A time
 * beyond 2 ** 31 - 1 ms is too long for their timers, which end at once then, and the connection with them.
 */
const longestHeartbeat = 2 ** 30 - 1;

function heartbeatOption(defaultValue: number): Option<number> {
  return option(
    defaultValue,
    `an integer from 1 to ${longestHeartbeat} (ms)`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= longestHeartbeat,
  );
}

/** The options of the engine. */
export const engineOptions = {
  /** The path of all requests that belong to Roomcast, with or without a slash at the end. */
  path: option<string>(
    "/socket.io",
    "a path that begins with a slash",
    (value) => typeof value === "string" && /^\/[^?#]*$/.test(value),
    { aliases: ["resource", "socketio_path"] },
  ),
  /** The transports that clients may use. */
  transports: option<readonly TransportName[]>(
    ["polling", "websocket"],
    'a list of "polling" and "websocket"',
    isTransports,
  ),
  /** Whether clients of Socket.IO 2 may connect, which speak version 3 of Engine.IO. */
  allowEIO3: booleanOption(false),
  /** Whether a connection may change from polling to WebSocket. */
  allowUpgrades: booleanOption(true),
  /** How often the server sends a heartbeat, in ms. */
  pingInterval: heartbeatOption(25_000),
  /** How long a client may take to answer a heartbeat, in ms, before its connection counts as lost. */
  pingTimeout: heartbeatOption(20_000),
  /** How long a change from polling to WebSocket may take, in ms. */
  upgradeTimeout: numberOption(10_000, "ms", 1),
  /** How long a connection may exist without joining a namespace, in ms. */
  connectTimeout: numberOption(45_000, "ms", 1),
  /** The most connections at a time. */
  maxConnections: limitOption(100_000),
  /**
   * The most connections from one address at a time, or from one IPv6 network of 64 bits. Mind
   * `trustedProxies`.
   */
  maxConnectionsPerAddress: limitOption(Number.POSITIVE_INFINITY),
  /** The most connections from one IPv6 network of 48 bits; `null` is 16 times `maxConnectionsPerAddress`. */
  maxConnectionsPerNetwork: option<number | null>(
    null,
    "a positive integer, Infinity for no limit, or null",
    (value) => value === null || limitOption(1).accepts(value),
  ),
  /**
   * The most clients that `connect` handlers and `allowRequest` are deciding about at a time. As many again
   * may wait.
   */
  maxHandshakes: limitOption(1000),
  /** The proxies in front of the server whose `X-Forwarded-…` fields are believed, by address or network. */
  trustedProxies: option<TrustedProxies>(
    [],
    'a list of addresses and networks such as "10.0.0.0/8", and "unix:" for a Unix socket',
    isTrustedProxies,
    {
      describes: (value) =>
        typeof value === "number"
          ? "a number of proxies: then a client that reaches the server directly could claim any address"
          : show(value),
    },
  ),
  /**
   * The hosts that requests may name, besides `localhost` and addresses: `"example.com"`, `".example.com"`
   * for all below it too, a list of both, or `"*"` for all. By default there are none where the server
   * listens on this machine alone and `trustedProxies` is empty, and all where it does not.
   */
  allowedHosts: option<AllowedHosts | null>(
    null,
    'a host\'s name without scheme and port, ".example.com" for all below it too, a list of both, or "*" for all',
    isAllowedHosts,
    { aliases: ["hosts", "allowed_hosts", "trustedHosts", "trusted_hosts"] },
  ),
  /** The most characters of a request's query. */
  maxQueryLength: limitOption(4096),
  /** The most characters of a request's cookies. */
  maxCookieLength: limitOption(8192),
  /** The most bytes that a client may send at once, as one WebSocket message or one polling request. */
  maxHttpBufferSize: numberOption(1_000_000, "bytes", 1),
  /** The most packets that one polling request may hold. */
  maxPacketsPerPayload: limitOption(10_000),
  /** The most frames that a client may split one WebSocket message into. */
  maxFragments: limitOption(1024),
  /**
   * The most bytes that may wait for a client which does not read them; beyond it the connection is closed.
   */
  maxOutgoingBytes: numberOption(1024 * 1024, "bytes", 1),
  /** Whether answers to polling requests are compressed for clients that support it. */
  httpCompression: booleanOption(true),
  /** Answers shorter than this many bytes are never compressed. */
  compressionThreshold: numberOption(1024, "bytes"),
  /**
   * Whether WebSocket messages are compressed for clients that support it (RFC 7692): each by itself, and
   * once for all that get it.
   */
  perMessageDeflate: perMessageDeflateOption,
  /**
   * Whether WebSockets and long polling use Node's inner handles, most of them without a socket. `false` uses
   * Node's public interfaces alone and takes more processor time; `data` listeners on the sockets then see
   * the frames.
   */
  directSockets: booleanOption(true),
  /** A cookie with the connection's id, for load balancers: `true`, its name, or its attributes. */
  cookie: option<boolean | string | CookieOptions>(
    false,
    "true, false, a cookie's name, or an object of cookie attributes that browsers take together (secure with sameSite none, with partitioned " +
      "and with the prefixes __Secure- and __Host- of names; no domain, and no path but / with the latter)",
    isConnectionCookie,
    { members: cookieOptions },
  ),
  /** The other origins whose pages may connect; by default only pages of the server's own origin may. */
  cors: option<CorsOptions | null>(
    null,
    'an object { origin, credentials, allowedHeaders, maxAge } (credentials do not go with origin: "*")',
    isCors,
    { members: corsOptions, aliases: ["cors_allowed_origins", "origins", "origin", "cors_credentials"] },
  ),
  /**
   * Whether pages of every origin may connect by WebSocket, as they may with Socket.IO's own server. Check
   * then something that pages of strangers do not have: browsers send them your users' cookies.
   */
  anyWebSocketOrigin: booleanOption(false),
  /** A function that accepts or refuses each handshake, before anything else happens. */
  allowRequest: option<AllowRequest | null>(
    null,
    "a function",
    (value) => value === null || typeof value === "function",
  ),
} as const;

/** The settled options of the engine. */
export type EngineOptions = ResolvedOptions<typeof engineOptions>;
