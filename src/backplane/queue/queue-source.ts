/** A message queue as the application names it: a URL, options, or a client of its own. */

import { RoomcastError } from "../../base/errors.ts";
import { isPlainObject, show } from "../../base/options.ts";
import {
  clientProblem,
  type NatsQueueConnection,
  type QueueClient,
  type RedisQueueClient,
  recogniseClient,
} from "./queue-client.ts";
import { type QueueOptions, type QueueSettings, readQueueOptions } from "./queue-options.ts";
import { type QueueUrl, queueUrlProblem, readQueueUrl } from "./queue-url.ts";

/** What the option `messageQueue` takes. */
export type MessageQueue = string | QueueOptions | RedisQueueClient | NatsQueueConnection;

/** A message queue that was read. What a URL cannot say is left out where a URL was given. */
export interface QueueSource extends QueueUrl, Partial<Omit<QueueSettings, keyof QueueUrl>> {
  /** The application's own client. */
  readonly client?: QueueClient;
}

/**
 * Reads a message queue.
 *
 * @throws {@link RoomcastError} `ERR_OPTION`, which quotes no URL
 */
export function readQueue(given: MessageQueue): QueueSource {
  if (typeof given === "string") return readQueueUrl(given);
  const client = recogniseClient(given);
  if (client !== null) {
    const broker = client.kind === "nats" ? "nats" : "redis";
    return { broker, isSecure: false, servers: [], database: 0, client };
  }
  if (isPlainObject(given)) return readQueueOptions(given as QueueOptions);
  throw new RoomcastError("ERR_OPTION", `The message queue cannot be ${queueProblem(given)}.`);
}

/** Why a value is no message queue, in words that complete "not …"; `null` where it may be one. */
export function queueProblem(value: unknown): string | null {
  if (typeof value === "string") return queueUrlProblem(value);
  if (isPlainObject(value) || recogniseClient(value) !== null) return null;
  if (typeof value !== "object" || value === null) return `a value of the type ${typeof value}`;
  // Its members may hold passwords.
  if (Array.isArray(value)) return "a list: several URLs go into an object, { url: [...] }";
  if (value instanceof URL) return "a URL object: give its text, url.href";
  return clientProblem(value) ?? show(value);
}

/** The name of the broker of a message queue, for people. */
export function brokerName(given: MessageQueue): "Redis" | "NATS" | "memory" {
  const { broker } = readQueue(given);
  return ({ redis: "Redis", nats: "NATS", memory: "memory" } as const)[broker];
}

/** Whether all users of a message queue are on this machine: its address leads nowhere else. */
export function isLocalQueue(given: MessageQueue): boolean {
  const source = readQueue(given);
  const hosts =
    source.client === undefined ? source.servers.map(({ host }) => host) : [hostOf(source.client)];
  return !source.sentinel && hosts.every((host) => /^(localhost|127(\.\d+){3}|::1)$/.test(host));
}

/** The host that a client connects to; empty where it does not tell. */
function hostOf({ kind, client }: QueueClient): string {
  if (kind === "server") {
    const { options } = client as { options?: { socket?: { host?: unknown } } };
    return String(options?.socket?.host ?? "localhost");
  }
  if (kind !== "nats") return "";
  const { getServer } = client as { getServer?: () => string };
  return String(getServer?.call(client) ?? "").replace(/:\d+$/, "");
}
