/**
 * Makes clients of the Redis package: for one server, or for all nodes of a cluster. Says what their refusals
 * mean.
 */

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { RedisClientType, RedisClusterType } from "@redis/client";
import { RoomcastError } from "../../base/errors.ts";
import { missingPackage } from "../../base/missing-package.ts";
import type { BrokerLinkOwner } from "../bus/broker-bus.ts";
import { brokerRefusal, certificateRefusal } from "../bus/broker-refusal.ts";
import type { QueueUrl } from "../bus/queue-url.ts";
import type { ScriptCommands } from "./script-commands.ts";

/** How long a server may take to accept a connection, in ms. */
const connectTimeout = 2000;

/** The package that speaks to Redis. */
export type RedisPackage = typeof import("@redis/client");

/** A client of a cluster, which runs the scripts by their names. */
export type RedisClusterClient = RedisClusterType<NoTypes, NoTypes, ScriptCommands>;

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

/** Connects to one server. The client does not reconnect by itself. */
export async function connectToServer(
  { createClient }: RedisPackage,
  queue: QueueUrl,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisClientType> {
  const { socket, ...options } = clientOptions(queue);
  // Named types: to compare inferred ones with them costs the compiler more than all the rest of the sources.
  const client: RedisClientType = createClient<NoTypes, NoTypes, NoTypes>({
    ...options,
    // The bus reconnects and subscribes again, so the client never does.
    socket: { ...serverSocket(queue), ...socket, reconnectStrategy: false },
    database: queue.database,
  });
  client.on("error", owner.onLost);
  signal.addEventListener("abort", () => destroy(client));
  await client.connect().catch(throwRefusal);
  return client;
}

/** Connects to all nodes of a cluster, of which the URL names one. The client replaces a node that fails. */
export async function connectToCluster(
  { createCluster }: RedisPackage,
  queue: QueueUrl,
  scripts: ScriptCommands,
  signal: AbortSignal,
): Promise<RedisClusterClient> {
  const cluster: RedisClusterClient = createCluster<NoTypes, NoTypes, ScriptCommands>({
    rootNodes: [{ socket: serverSocket(queue) }],
    // Nodes tell each other's addresses and nothing more: what else the URL says is valid for all of them.
    defaults: clientOptions(queue),
    scripts,
  });
  signal.addEventListener("abort", () => destroy(cluster));
  // The error of connect() itself does not say why.
  let why: unknown = null;
  const refused = new Promise<never>((_, reject) => {
    cluster.on("error", (error: unknown) => {
      why ??= error;
    });
    cluster.on("node-error", reject);
  });
  const connecting = cluster.connect().catch((error: unknown) => {
    throw why ?? error;
  });
  try {
    await Promise.race([connecting, refused]);
  } catch (error) {
    destroy(cluster);
    throw refusalOf(error);
  }
  return cluster;
}

/** The options of every connection. */
function clientOptions({ isSecure, servers }: QueueUrl) {
  const { host = "", username = "", password = "" } = servers[0] ?? {};
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    socket: {
      connectTimeout,
      ...(isSecure ? { tls: true as const, checkServerIdentity: identityCheck(host) } : {}),
    },
    disableOfflineQueue: true,
  };
}

function serverSocket({ servers }: QueueUrl): { host?: string; port?: number } {
  const { host, port } = servers[0] ?? {};
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === null || port === undefined ? {} : { port }),
  };
}

/** Nodes of a cluster mostly tell addresses, and certificates name hosts: the URL's own name is as good. */
function identityCheck(named: string) {
  return (host: string, certificate: PeerCertificate) => {
    const error = checkServerIdentity(host, certificate);
    return error === undefined || checkServerIdentity(named, certificate) === undefined ? undefined : error;
  };
}

/** Ends a client. Its end is no error any more. */
export function destroy(client: RedisClientType | RedisClusterClient): void {
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
 */
export async function inspect(client: RedisClientType, channel: string): Promise<ServerKind> {
  const isCluster = String((await client.hello()).mode) === "cluster";
  if (isCluster) return { isCluster, isSharded: true };
  const isSharded = await client.sPublish(channel, "").then(
    () => true,
    (error: unknown) => {
      if (isUnknownCommand(error)) return false;
      throw refusalOf(error);
    },
  );
  return { isCluster, isSharded };
}

function isUnknownCommand(error: unknown): boolean {
  return error instanceof Error && /^ERR unknown command/i.test(error.message);
}

/** Takes an answer as a sign of life, also when this user may not use the command. */
export function acceptDenial(error: unknown): void {
  if (isUnknownCommand(error) || (error instanceof Error && error.message.startsWith("NOPERM"))) return;
  throw error;
}

/**
 * Throws a refusal that trying again does not change as an error that says what to do, and others as they
 * are.
 */
export function throwRefusal(error: unknown): never {
  throw refusalOf(error);
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RoomcastError) return error;
  const advice = adviceOn(error.message);
  return advice === null
    ? (certificateRefusal("Redis", error) ?? error)
    : brokerRefusal("Redis", error.message, advice, error);
}

function adviceOn(message: string): string | null {
  if (/^(WRONGPASS|NOAUTH)\b|^ERR AUTH /.test(message)) {
    return "Check the user and the password in the messageQueue's URL.";
  }
  if (message.startsWith("NOPERM")) {
    return "Give the user of the messageQueue's URL the right to it: docs/brokers.md lists the commands and channels.";
  }
  if (/^ERR (DB index|SELECT is not allowed)/.test(message)) {
    return "Check the number of the database in the messageQueue's URL; a cluster has none but 0.";
  }
  return null;
}
