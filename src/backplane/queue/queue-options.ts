/** The options of a message queue, for what a URL cannot say: one table, and what they come to. */

import type { ConnectionOptions } from "node:tls";
import { RoomcastError } from "../../base/errors.ts";
import { type GivenOptions, isPlainObject, numberOption, option } from "../../base/options.ts";
import { type QueueServer, type QueueUrl, queueUrlProblem, readQueueUrl } from "./queue-url.ts";

/** Options of TLS, as `node:tls` takes them. */
export type QueueTlsOptions = ConnectionOptions;

const isText = (value: unknown) => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || isText(value);

/** Says why a URL cannot be used, or the first of a list that cannot be used; `null` for nothing. */
function urlProblem(value: unknown): string | null {
  if (!Array.isArray(value)) return networkUrlProblem(value);
  if (value.length === 0) return "an empty list";
  for (const [index, url] of value.entries()) {
    const problem = networkUrlProblem(url);
    if (problem !== null) return `a list whose URL ${index + 1} is ${problem}`;
  }
  return null;
}

function networkUrlProblem(value: unknown): string | null {
  const problem = queueUrlProblem(value);
  return problem ?? (String(value).startsWith("memory:") ? "one with memory://" : null);
}

const hidden = (value: unknown) => `a value of the type ${value === null ? "null" : typeof value}`;

const urlOption = (details: { readonly aliases?: readonly string[] } = {}) =>
  option<string | readonly string[] | null>(
    null,
    "a URL that begins with redis://, rediss://, nats:// or tls://, or a list of such URLs",
    (value) => value === null || urlProblem(value) === null,
    { ...details, describes: (value) => urlProblem(value) ?? "" },
  );

/** The primary that Redis Sentinel watches. */
const sentinelOptions = {
  /** The name of the primary, as in `sentinel monitor <name> …`. */
  name: option<string>("", "the name of a primary", (value) => isText(value) && value !== ""),
  /** The sentinels: `redis://host:26379`, with their own user and password where they have any. */
  url: urlOption({ aliases: ["urls", "nodes", "sentinels", "sentinelRootNodes"] }),
} as const;

/** All options. */
export const queueOptions = {
  /**
   * The server, or several of them: nodes of a Redis Cluster, or NATS servers to try. Each may have its own
   * user and password.
   */
  url: urlOption({ aliases: ["urls", "servers", "nodes", "rootNodes"] }),
  /** The user, where the URL names none. */
  username: option<string | null>(null, "a string", isTextOrNull, { aliases: ["user"], describes: hidden }),
  /** The password, where the URL has none. */
  password: option<string | null>(null, "a string", isTextOrNull, {
    aliases: ["pass", "auth_pass"],
    describes: hidden,
  }),
  /** The token of NATS, where the URL has none. */
  token: option<string | null>(null, "a string", isTextOrNull, { describes: hidden }),
  /** The number of Redis's database. */
  database: numberOption(0, "count", 0, { aliases: ["db"] }),
  /** Turns TLS on for all servers: `true`, or certificates and the rest, as `node:tls` takes them. */
  tls: option<boolean | QueueTlsOptions>(
    false,
    "true, false or an object of TLS options such as { ca, cert, key }",
    (value) => typeof value === "boolean" || isPlainObject(value),
    { describes: hidden },
  ),
  /** Redis Sentinel, which knows the primary; in place of `url`. */
  sentinel: option<{ readonly name: string; readonly url: string | readonly string[] } | null>(
    null,
    "an object { name, url }",
    (value) => value === null || isPlainObject(value),
    { members: sentinelOptions },
  ),
  /** More options for the library: of `createClient()` in `@redis/client`, or of `connect()` in NATS. */
  options: option<Readonly<Record<string, unknown>> | null>(
    null,
    "an object of the library's options",
    (value) => value === null || isPlainObject(value),
    { describes: hidden },
  ),
} as const;

/** The options of a message queue. */
export type QueueOptions = GivenOptions<typeof queueOptions>;

/** A message queue that was read from its options. */
export interface QueueSettings extends QueueUrl {
  /** Options of TLS besides those that follow from the URL. */
  readonly tls: QueueTlsOptions;
  /** `null` where the servers themselves are named. */
  readonly sentinel: {
    readonly name: string;
    readonly isSecure: boolean;
    readonly servers: readonly QueueServer[];
  } | null;
  /** Further options for the library. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options of the libraries that Roomcast sets itself, with the place where they belong. */
const ownOptions: Readonly<Record<string, string>> = {
  url: "url",
  servers: "url",
  rootNodes: "url",
  username: "username",
  user: "username",
  password: "password",
  pass: "password",
  database: "database",
  tls: "tls",
  disableOfflineQueue: "",
  keyPrefix: "",
  modules: "",
  functions: "",
  scripts: "",
  commandOptions: "",
  reconnect: "",
  noEcho: "",
};

/**
 * Reads options that have passed {@link queueOptions}.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` where they contradict each other
 */
export function readQueueOptions(given: QueueOptions): QueueSettings {
  const { sentinel, options } = given;
  const tls = given.tls ?? false;
  checkTls(tls);
  for (const name of Object.keys(options ?? {})) checkLibraryOption(name);
  const { reconnectStrategy } = Object(options?.socket) as { reconnectStrategy?: unknown };
  if (reconnectStrategy !== undefined) throw ownOption("socket.reconnectStrategy", "");
  const read = sentinel ? primaryBehind(sentinel, given) : serversOf(given.url, "url");
  const named = { username: given.username ?? given.token ?? "", password: given.password ?? "" };
  if (given.token && read.broker === "redis") throw problem("has a token, which only NATS takes");
  if (given.database && read.broker === "nats") throw problem("has a database, which only Redis knows");
  return {
    ...read,
    isSecure: read.isSecure || tls !== false,
    servers: read.servers.map((server) =>
      server.username === "" && server.password === "" ? { ...server, ...named } : server,
    ),
    database: given.database || read.database,
    tls: typeof tls === "object" ? tls : {},
    options: options ?? {},
  };
}

type ReadServers = QueueUrl & Pick<QueueSettings, "sentinel">;

function serversOf(url: QueueOptions["url"], name: string): ReadServers {
  if (url === undefined || url === null) {
    throw problem(
      `names no server. It needs a ${name}, such as "redis://localhost", or for Sentinel { name, url }`,
    );
  }
  const all = [url].flat().map(readQueueUrl);
  const [first] = all;
  if (first === undefined || all.some(({ broker }) => broker !== first.broker)) {
    throw problem("has URLs of different brokers");
  }
  if (new Set(all.map(({ database }) => database)).size > 1) throw problem("has URLs of different databases");
  return {
    ...first,
    // A password never goes in clear to one server where another is asked for TLS.
    isSecure: all.some(({ isSecure }) => isSecure),
    servers: all.flatMap(({ servers }) => servers),
    sentinel: null,
  };
}

/** The primary has the credentials of the options; its address is not known yet. */
function primaryBehind(
  { name, url }: { readonly name?: string; readonly url?: QueueOptions["url"] },
  given: QueueOptions,
): ReadServers {
  if (given.url) throw problem("has a url and a sentinel. With Sentinel, the sentinels tell the server");
  if (!name) throw problem('has a sentinel without the name of the primary, such as "mymaster"');
  const { broker, isSecure, servers } = serversOf(url, "sentinel.url");
  if (broker !== "redis") throw problem("has sentinels of another broker than Redis");
  const primary = { host: "", port: null, username: "", password: "" };
  return { broker, isSecure: false, servers: [primary], database: 0, sentinel: { name, isSecure, servers } };
}

/** Finds out at once whether certificates and keys can be read, since no attempt would succeed. */
function checkTls(tls: boolean | QueueTlsOptions): void {
  if (typeof tls === "boolean") return;
  for (const name of ["ca", "cert", "key"] as const) {
    const texts = [tls[name]].flat().map((value) => (value instanceof Uint8Array ? String(value) : value));
    // OpenSSL ignores authorities that it cannot read.
    if (texts.some((text) => typeof text === "string" && !text.includes("-----BEGIN "))) {
      throw unusableTls(`its "${name}" holds no PEM text`, null);
    }
  }
  try {
    process.getBuiltinModule("node:tls").createSecureContext(tls);
  } catch (cause) {
    throw unusableTls(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unusableTls(why: string, cause: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    `The option "tls" of the message queue cannot be used: ${why}. It takes the contents of files, not their paths: { ca: readFileSync("ca.pem") }.`,
    { cause },
  );
}

function checkLibraryOption(name: string): void {
  const place = ownOptions[name];
  if (place !== undefined) throw ownOption(name, place);
}

function ownOption(name: string, place: string): RoomcastError {
  const advice =
    place === "" ? "Roomcast sets it itself: leave it out" : `Give it as "${place}" of the message queue`;
  return new RoomcastError("ERR_OPTION", `The "options" of the message queue have "${name}". ${advice}.`);
}

function problem(text: string): RoomcastError {
  return new RoomcastError("ERR_OPTION", `The message queue ${text}.`);
}
