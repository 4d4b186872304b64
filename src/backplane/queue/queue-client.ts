/** Clients of a broker that the application has made, as a message queue: which library and kind they are. */

/**
 * A client of `@redis/client`, or of the package `redis`: of a server, a cluster or through Sentinel. It need
 * not be connected: Roomcast makes its own connections with {@link RedisQueueClient.duplicate}.
 */
export interface RedisQueueClient {
  duplicate(): unknown;
  connect(): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the declarations must not need those of an optional package
  sPublish(...values: any[]): Promise<unknown>;
}

/** A connection of `@nats-io/transport-node`. Roomcast uses it itself, since it cannot be duplicated. */
export interface NatsQueueConnection {
  // biome-ignore lint/suspicious/noExplicitAny: the declarations must not need those of an optional package
  publish(subject: string, ...values: any[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  request(subject: string, ...values: any[]): Promise<unknown>;
  flush(): Promise<void>;
  isClosed(): boolean;
}

/** The kind of a client. */
export type QueueClientKind = "server" | "cluster" | "sentinel" | "nats";

/** A client of the application, and its kind. */
export interface QueueClient {
  readonly kind: QueueClientKind;
  readonly client: object;
}

/** Recognises a client; `null` for anything else. */
export function recogniseClient(value: unknown): QueueClient | null {
  if (typeof value !== "object" || value === null) return null;
  if (has(value, "publish", "subscribe", "request", "flush", "isClosed", "status")) {
    return { kind: "nats", client: value };
  }
  if (!has(value, "duplicate", "connect", "sPublish", "sSubscribe")) return null;
  if (has(value, "getMasterNode", "acquire")) return { kind: "sentinel", client: value };
  return { kind: "slots" in value ? "cluster" : "server", client: value };
}

/** Says what an object is that looks like a client, and cannot be used; `null` for any other object. */
export function clientProblem(value: object): string | null {
  if (has(value, "duplicate", "defineCommand")) {
    return "a client of ioredis. Give a client of @redis/client (npm install @redis/client), or the options of the connection: { url, username, password, tls }";
  }
  if (has(value, "execute", "sPublish")) {
    return "a pool of @redis/client: give a client, of which Roomcast makes its own connections";
  }
  if (has(value, "then")) return "a promise: await it";
  return null;
}

function has(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
