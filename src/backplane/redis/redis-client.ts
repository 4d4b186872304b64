/** Makes clients of the Redis package: for one server, or for all nodes of a cluster. */

import type { RedisClientType, RedisClusterType } from "@redis/client";
import { missingPackage } from "../../base/missing-package.ts";
import type { BrokerLinkOwner } from "../bus/broker-bus.ts";
import { brokerRefusal } from "../bus/broker-refusal.ts";
import type { QueueSource } from "../queue/queue-source.ts";
import type { QueueServer } from "../queue/queue-url.ts";
import {
  clientOptions,
  commandOptions,
  duplicateOptions,
  neutral,
  serverAddress,
  shuffled,
  socketOptions,
} from "./redis-options.ts";
import { isUnknownCommand, redisRefusal } from "./redis-refusal.ts";
import { duplicateSentinel, findPrimary } from "./redis-sentinel.ts";
import type { RedisPackage, RedisServer } from "./redis-server.ts";
import { tlsRefusal } from "./tls-refusal.ts";

/** A client of a cluster. */
export type RedisClusterClient = RedisClusterType<NoTypes, NoTypes, NoTypes>;

/** No modules, functions or scripts, as the package says it. */
// biome-ignore lint/complexity/noBannedTypes: another type of nothing would not be the package's own
type NoTypes = {};

/** Loads the package. */
export async function importRedis(): Promise<RedisPackage> {
  try {
    return await import("@redis/client");
  } catch (error) {
    throw missingPackage("@redis/client", error);
  }
}

/**
 * Connects to one server: that of the URL, one of several nodes, the primary that Sentinel names, or the one
 * that the application's client leads to. The client does not reconnect by itself.
 */
export async function connectToServer(
  redis: RedisPackage,
  queue: QueueSource,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisServer> {
  const { client, sentinel } = queue;
  if (client?.kind === "sentinel") {
    return duplicateSentinel(client.client, (error) => owner.onLost(error), signal);
  }
  if (client !== undefined) {
    const { duplicate } = client.client as { duplicate(options: object): RedisClientType };
    const made = duplicate.call(client.client, duplicateOptions(client.client));
    return connected(made, owner, signal);
  }
  if (sentinel)
    return connected(makeClient(redis, queue, await findPrimary(redis, queue, signal)), owner, signal);
  const errors: unknown[] = [];
  for (const server of shuffled(queue.servers)) {
    if (signal.aborted) break;
    try {
      return await connected(makeClient(redis, queue, server), owner, signal);
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0] ?? signal.reason;
}

function makeClient(
  { createClient }: RedisPackage,
  queue: QueueSource,
  server: QueueServer,
): RedisClientType {
  const { socket, ...options } = clientOptions(queue, server);
  // Named types: to compare inferred ones with them costs the compiler more than all the rest of the sources.
  return createClient<NoTypes, NoTypes, NoTypes>({
    ...options,
    // The bus reconnects and subscribes again, so the client never does.
    socket: { ...serverAddress(server), ...socket, reconnectStrategy: false },
    database: queue.database,
  });
}

async function connected(
  client: RedisClientType,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisServer> {
  // Where one of several servers is away, another one may be there.
  let onError = (_error: unknown) => {};
  client.on("error", (error: unknown) => onError(error));
  signal.addEventListener("abort", () => destroy(client));
  try {
    await client.connect();
  } catch (error) {
    throw redisRefusal((await tlsRefusal(error, client.options.socket)) ?? error);
  }
  onError = owner.onLost;
  return client as RedisServer;
}

/** Connects to all nodes of a cluster, of which the URL names one. The client replaces a node that fails. */
export async function connectToCluster(
  { createCluster }: RedisPackage,
  queue: QueueSource,
  signal: AbortSignal,
): Promise<RedisClusterClient> {
  const given = queue.client?.client as { duplicate(options: object): RedisClusterClient } | undefined;
  const [first = { host: "", port: null, username: "", password: "" }] = queue.servers;
  const cluster: RedisClusterClient =
    given === undefined
      ? createCluster<NoTypes, NoTypes, NoTypes>({
          rootNodes: queue.servers.map((server) => {
            const { socket, ...options } = clientOptions(queue, server);
            return { ...options, socket: { ...serverAddress(server), ...socket } };
          }),
          // Nodes tell each other's addresses and nothing more: what else is known is valid for all of them.
          defaults: clientOptions(queue, first),
          commandOptions,
        })
      : given.duplicate(neutral);
  signal.addEventListener("abort", () => destroy(cluster));
  // The error of connect() itself does not say why.
  let why: unknown = null;
  const refused = new Promise<never>((_, reject) => {
    cluster.on("error", (error: unknown) => {
      why ??= error;
    });
    cluster.on("node-error", (error: unknown) => {
      const refusal = redisRefusal(error);
      // Another node may be there, but none takes a user that one of them refuses.
      if (queue.servers.length === 1 || refusal !== error) reject(refusal);
    });
  });
  const connecting = cluster.connect().catch((error: unknown) => {
    throw why ?? error;
  });
  try {
    await Promise.race([connecting, refused]);
  } catch (error) {
    destroy(cluster);
    const socket = { ...serverAddress(first), ...socketOptions(queue, queue.isSecure) };
    throw redisRefusal((await tlsRefusal(error, given === undefined ? socket : undefined)) ?? error);
  }
  return cluster;
}

/** Ends a client. Its end is no error any more. */
export function destroy(client: Pick<RedisServer, "isOpen" | "on" | "removeAllListeners" | "destroy">): void {
  client.removeAllListeners("error");
  client.on("error", () => {});
  if (client.isOpen) client.destroy();
}

/** What a server can do. */
export interface ServerKind {
  readonly isCluster: boolean;
  /** Whether it has sharded pub/sub. */
  readonly isSharded: boolean;
}

/**
 * Finds out what a server can do, only with commands that every user may use. A command that some users may
 * not use would have two processes choose different kinds of pub/sub, and they would not hear each other.
 *
 * @param channel - one without listeners, whose name begins as the application's do
 * @param queue - what else has to be true of the server
 */
export async function inspect(
  client: RedisServer,
  channel: string,
  { sentinel, servers }: QueueSource,
): Promise<ServerKind> {
  const { mode, role } = Object(await client.hello()) as { mode?: unknown; role?: unknown };
  const isCluster = String(mode) === "cluster";
  if (sentinel && String(role) !== "master") {
    throw new Error("Redis Sentinel names a server that is no primary (yet).");
  }
  if (isCluster) return { isCluster, isSharded: true };
  if (servers.length > 1) throw notOneCluster();
  const isSharded = await client.sPublish(channel, "").then(
    () => true,
    (error: unknown) => {
      if (isUnknownCommand(error)) return false;
      throw redisRefusal(error);
    },
  );
  return { isCluster, isSharded };
}

function notOneCluster(): Error {
  const why = "several URLs name it, and it is no node of a Redis Cluster";
  const advice =
    'Name one server; for a primary with replicas, their sentinels: messageQueue: { sentinel: { name: "mymaster", url: [...] } }.';
  return brokerRefusal("Redis", why, advice, null);
}
