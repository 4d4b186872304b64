/**
 * The URL of a message queue: the broker, its servers and the credentials for them. No error of this file
 * quotes a URL, since it may hold a password.
 */

import { RoomcastError } from "../../base/errors.ts";

/** One server of a message queue. */
export interface QueueServer {
  /** A name or address; one of IPv6 without its brackets. */
  readonly host: string;
  /** `null` for the broker's default. */
  readonly port: number | null;
  /** Empty for none. */
  readonly username: string;
  /** Empty for none. */
  readonly password: string;
}

/** A URL that was read. It is valid for every server, also for those that a cluster names later. */
export interface QueueUrl {
  readonly broker: "redis" | "nats" | "memory";
  /** Whether all connections use TLS. */
  readonly isSecure: boolean;
  /** At least one. */
  readonly servers: readonly QueueServer[];
  /** The number of Redis's database. */
  readonly database: number;
}

const brokers: Readonly<Record<string, QueueUrl["broker"]>> = {
  redis: "redis",
  rediss: "redis",
  nats: "nats",
  tls: "nats",
  memory: "memory",
};

/** Completes "must be a URL that begins with …, not …". */
class UrlProblem extends Error {}

const unreadable =
  "a URL that cannot be read. In a user or password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and a comma as %2C";

/**
 * Reads a URL.
 *
 * @param url - one server: `redis://user:password@host:6379/0`; of NATS also several, separated by commas
 * @throws {@link RoomcastError} `ERR_OPTION`, which does not quote the URL
 */
export function readQueueUrl(url: string): QueueUrl {
  try {
    return read(url);
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error;
    throw new RoomcastError("ERR_OPTION", `The message queue must have another URL, not ${error.message}.`);
  }
}

/** Why a value is no URL of a message queue, in words that complete "not …"; `null` where it is one. */
export function queueUrlProblem(value: unknown): string | null {
  if (typeof value !== "string") return `a value of the type ${typeof value}`;
  try {
    read(value);
    return null;
  } catch (error) {
    if (error instanceof UrlProblem) return error.message;
    throw error;
  }
}

function read(url: string): QueueUrl {
  const scheme = schemeOf(url);
  const broker = brokers[scheme ?? ""];
  if (broker === undefined) {
    throw new UrlProblem(
      scheme === null ? "a text without such a beginning" : `one with ${scheme}://${hintFor(scheme)}`,
    );
  }
  switch (broker) {
    case "memory":
      // Any name will do: servers that give the same one meet.
      if (url === "memory://") throw new UrlProblem("one without a name");
      return { broker, isSecure: false, servers: [], database: 0 };
    case "redis":
      return readRedis(url, scheme === "rediss");
    case "nats":
      return readNats(url);
    default:
      return broker satisfies never;
  }
}

function readRedis(url: string, isSecure: boolean): QueueUrl {
  if (/,rediss?:\/\//.test(url)) {
    throw new UrlProblem("several URLs: one node of a Redis Cluster leads to the others");
  }
  const { server, path } = readServer(url);
  const database = /^\/?(\d{0,9})$/.exec(path)?.[1];
  if (database === undefined) {
    throw new UrlProblem("one with a path other than the number of a database, such as /3");
  }
  return { broker: "redis", isSecure, servers: [server], database: Number(database) };
}

function readNats(url: string): QueueUrl {
  const texts = url.split(",").map((text) => text.trim());
  const servers = texts.map((text) => {
    const scheme = schemeOf(text);
    // Servers after the first one need no scheme.
    if (scheme !== null && brokers[scheme] !== "nats")
      throw new UrlProblem("several URLs of different brokers");
    const { server, path } = readServer(scheme === null ? `nats://${text}` : text);
    if (path !== "" && path !== "/")
      throw new UrlProblem(`one with a path. A / in a password is %2F, a comma %2C`);
    return server;
  });
  // A server without credentials of its own gets those of the first one that has some.
  const { username = "", password = "" } = servers.find(({ username }) => username !== "") ?? {};
  return {
    broker: "nats",
    // A password never goes in clear to one server where the URL asks for TLS with another.
    isSecure: texts.some((text) => schemeOf(text) === "tls"),
    servers: servers.map((server) => (server.username === "" ? { ...server, username, password } : server)),
    database: 0,
  };
}

function readServer(text: string): { server: QueueServer; path: string } {
  if (!URL.canParse(text)) throw new UrlProblem(unreadable);
  const { hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (search !== "" || hash !== "") {
    throw new UrlProblem("one with a ? or #: it takes no parameters, and in a password they are %3F and %23");
  }
  const server = {
    // `redis://` alone is this machine.
    host: hostname === "" ? "localhost" : hostname.replaceAll(/^\[|\]$/g, ""),
    port: port === "" ? null : Number(port),
    username: decode(username),
    password: decode(password),
  };
  return { server, path: pathname };
}

/** Flask-SocketIO's message queues come over Kombu, Kafka and ZeroMQ as well. */
function hintFor(scheme: string): string {
  if (/sentinel/.test(scheme)) return ": for Redis Sentinel give an object, { sentinel: { name, url } }";
  return /^(amqps?|pyamqp|kafka|kombu|zmq|sqs|redis\+)/.test(scheme)
    ? ": of message queues Roomcast has Redis and NATS, neither RabbitMQ nor Kafka nor another one"
    : "";
}

function schemeOf(url: string): string | null {
  return /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1] ?? null;
}

/** Undoes percent-encoding. A `%` that begins no encoded text stands for itself: passwords hold them. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
