/**
 * One connection to Redis, or to a Redis Cluster: sharded pub/sub where the server knows it (from version 7), plain
 * pub/sub otherwise. Channels are spread over a fixed number of partitions, each of which lies on one shard as a whole.
 */

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { RedisClientType, RedisClusterType } from "@redis/client";
import { RoomcastError } from "../../base/errors.ts";
import { hash32 } from "../../base/hash.ts";
import { missingPackage } from "../../base/missing-package.ts";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import { brokerRefusal, certificateRefusal } from "../bus/broker-refusal.ts";
import { type QueueUrl, readQueueUrl } from "../bus/queue-url.ts";

/** How many groups of channels there are. It is the same for all processes: a channel's name holds its partition. */
const partitions = 128;

/** How long a server may take to accept a connection, in ms. */
const connectTimeout = 2000;

/**
 * How to open a link to Redis.
 *
 * @param url - `redis://` or `rediss://`; one node of a cluster leads to the others
 * @param channel - what the names of all channels begin with
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function redisLinks(url: string, channel: string): ConnectBroker {
  const queue = readQueueUrl(url);
  const channels = new Channels(channel);
  return async (owner, signal) => {
    const client = await importClient();
    const publisher = await connectTo(client, queue, owner, signal);
    const { isCluster, isSharded } = await inspect(publisher, channels.name(nobody));
    if (!isCluster) {
      const subscriber = await connectTo(client, queue, owner, signal);
      return new RedisLink(publisher, subscriber, channels, owner, isSharded);
    }
    destroy(publisher);
    return new RedisClusterLink(await connectToCluster(client, queue, signal), channels, owner);
  };
}

/**
 * How to open a link whose subjects are the names of Redis's channels as they are, in plain pub/sub: for living with
 * programs that have names of their own. A subject that ends with `*` is a pattern, whose messages come under the names
 * of their channels.
 */
export function redisChannelLinks(url: string): ConnectBroker {
  const queue = readQueueUrl(url);
  return async (owner, signal) => {
    const client = await importClient();
    const publisher = await connectTo(client, queue, owner, signal);
    const subscriber = await connectTo(client, queue, owner, signal);
    return new RedisLink(publisher, subscriber, asTheyAre, owner, false);
  };
}

type RedisPackage = typeof import("@redis/client");

/** Opens one connection to one server, which is not opened again by itself. */
export async function connectTo(
  { createClient }: RedisPackage,
  queue: QueueUrl,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisClientType> {
  const { socket, ...options } = clientOptions(queue);
  const client = createClient({
    ...options,
    // Connections are made again by the bus, with everything that is subscribed, so never by the client itself.
    socket: { ...serverSocket(queue), ...socket, reconnectStrategy: false },
    database: queue.database,
  }) as RedisClientType;
  client.on("error", owner.onLost);
  signal.addEventListener("abort", () => destroy(client));
  await client.connect().catch(throwRefusal);
  return client;
}

/** Loads the package that speaks to Redis. */
export async function importClient(): Promise<RedisPackage> {
  try {
    return await import("@redis/client");
  } catch (error) {
    throw missingPackage("@redis/client", error);
  }
}

/** Connects to all nodes of a cluster that the URL names one of. */
export async function connectToCluster(
  { createCluster }: RedisPackage,
  queue: QueueUrl,
  signal: AbortSignal,
): Promise<RedisClusterType> {
  const cluster = createCluster({
    rootNodes: [{ socket: serverSocket(queue) }],
    // Nodes tell each other's addresses and nothing more: what else the URL says is valid for all of them.
    defaults: clientOptions(queue),
  }) as RedisClusterType;
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
  // From now on a node that fails is replaced by the client; while there is none, what is sent to it is refused.
  return cluster;
}

/** What every connection has in common. */
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

/** Refusals that come again however often one tries, as errors that say what to do; others as they are. */
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
    return "Give the user of the messageQueue's URL the right to it: docs/scaling.md lists the commands and channels.";
  }
  if (/^ERR (DB index|SELECT is not allowed)/.test(message)) {
    return "Check the number of the database in the messageQueue's URL; a cluster has none but 0.";
  }
  return null;
}

/** Throws what {@link refusalOf} makes of an error. */
export function throwRefusal(error: unknown): never {
  throw refusalOf(error);
}

/**
 * Finds out what the server can do, from what it answers to every user: were it asked for what some users may not ask, two
 * processes could choose different kinds of pub/sub, and not hear each other.
 *
 * @param channel - one without listeners, with the name of the application's
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

/** Takes an answer for what it is, a sign of life, also where this user may not ask. */
export function acceptDenial(error: unknown): void {
  if (isUnknownCommand(error) || (error instanceof Error && error.message.startsWith("NOPERM"))) return;
  throw error;
}

/** What a server can do. */
export interface ServerKind {
  readonly isCluster: boolean;
  /** Whether it has sharded pub/sub. */
  readonly isSharded: boolean;
}

/** What names of channels and subjects have to do with each other. */
interface ChannelNames {
  name(subject: string): string;
  subject(channel: string): string;
}

const asTheyAre: ChannelNames = { name: (subject) => subject, subject: (channel) => channel };

/** Names with a partition: `roomcast{17}:subject`. */
class Channels implements ChannelNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    // Braces would be taken for those of the partition.
    this.#prefix = prefix.replaceAll(/[{}]/g, "_");
  }

  name(subject: string): string {
    return `${this.#prefix}{${partitionOf(subject)}}:${subject}`;
  }

  subject(channel: string): string {
    return channel.slice(channel.indexOf("}:", this.#prefix.length) + 2);
  }
}

/** Spreads subjects evenly over the partitions. */
function partitionOf(subject: string): number {
  return hash32(subject) % partitions;
}

/** The subject on which nobody listens, for asking a cluster whether it is there. */
const nobody = "";

/** A single server: one connection for sending, one for receiving. */
class RedisLink implements BrokerLink {
  readonly #publisher: RedisClientType;
  readonly #subscriber: RedisClientType;
  readonly #channels: ChannelNames;
  readonly #isSharded: boolean;
  readonly #onMessage: (message: Buffer, channel: Buffer) => void;

  constructor(
    publisher: RedisClientType,
    subscriber: RedisClientType,
    channels: ChannelNames,
    owner: BrokerLinkOwner,
    isSharded: boolean,
  ) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#channels = channels;
    this.#isSharded = isSharded;
    this.#onMessage = (message, name) => owner.onMessage(this.#channels.subject(name.toString()), message);
  }

  async publish(subject: string, message: Uint8Array): Promise<unknown> {
    const name = this.#channels.name(subject);
    const bytes = toBuffer(message);
    return this.#isSharded ? this.#publisher.sPublish(name, bytes) : this.#publisher.publish(name, bytes);
  }

  async subscribe(subjects: readonly string[]): Promise<void> {
    const { patterns, names } = this.#sort(subjects);
    const client = this.#subscriber;
    if (this.#isSharded) {
      await client.sSubscribe(names, this.#onMessage, true).catch(throwRefusal);
      return;
    }
    const commands: Promise<unknown>[] = [];
    if (names.length > 0) commands.push(client.subscribe(names, this.#onMessage, true));
    if (patterns.length > 0) commands.push(client.pSubscribe(patterns, this.#onMessage, true));
    await Promise.all(commands).catch(throwRefusal);
  }

  async unsubscribe(subjects: readonly string[]): Promise<void> {
    const { patterns, names } = this.#sort(subjects);
    const client = this.#subscriber;
    if (this.#isSharded) {
      await client.sUnsubscribe(names, this.#onMessage, true);
      return;
    }
    const commands: Promise<unknown>[] = [];
    if (names.length > 0) commands.push(client.unsubscribe(names, this.#onMessage, true));
    if (patterns.length > 0) commands.push(client.pUnsubscribe(patterns, this.#onMessage, true));
    await Promise.all(commands);
  }

  async ping(): Promise<unknown> {
    return Promise.all(
      [this.#publisher, this.#subscriber].map((client) => client.ping().catch(acceptDenial)),
    );
  }

  #sort(subjects: readonly string[]): { patterns: string[]; names: string[] } {
    const isPattern = (subject: string) => this.#channels === asTheyAre && subject.endsWith("*");
    return {
      patterns: subjects.filter(isPattern),
      names: subjects.filter((subject) => !isPattern(subject)).map((subject) => this.#channels.name(subject)),
    };
  }

  close(): void {
    destroy(this.#publisher);
    destroy(this.#subscriber);
  }
}

/** A cluster: the client keeps the connections to its nodes, and follows channels that move. */
class RedisClusterLink implements BrokerLink {
  readonly #cluster: RedisClusterType;
  readonly #channels: Channels;
  readonly #onMessage: (message: Buffer, channel: Buffer) => void;

  constructor(cluster: RedisClusterType, channels: Channels, owner: BrokerLinkOwner) {
    this.#cluster = cluster;
    this.#channels = channels;
    this.#onMessage = (message, name) => owner.onMessage(this.#channels.subject(name.toString()), message);
    cluster.on("sharded-channel-moved-error", owner.onLost);
  }

  async publish(subject: string, message: Uint8Array): Promise<unknown> {
    return this.#cluster.sPublish(this.#channels.name(subject), toBuffer(message));
  }

  async subscribe(subjects: readonly string[]): Promise<void> {
    await Promise.all(
      [...this.#byPartition(subjects)].map((names) => this.#cluster.sSubscribe(names, this.#onMessage, true)),
    ).catch(throwRefusal);
  }

  async unsubscribe(subjects: readonly string[]): Promise<void> {
    await Promise.all(
      [...this.#byPartition(subjects)].map((names) =>
        this.#cluster.sUnsubscribe(names, this.#onMessage, true),
      ),
    );
  }

  async ping(): Promise<unknown> {
    return this.#cluster.sPublish(this.#channels.name(nobody), "").catch(acceptDenial);
  }

  close(): void {
    destroy(this.#cluster);
  }

  /** One command may only name channels of one partition. */
  #byPartition(subjects: readonly string[]): Iterable<string[]> {
    const groups = new Map<number, string[]>();
    for (const subject of subjects) {
      const partition = partitionOf(subject);
      const group = groups.get(partition);
      if (group === undefined) groups.set(partition, [this.#channels.name(subject)]);
      else group.push(this.#channels.name(subject));
    }
    return groups.values();
  }
}

/** Ends a client, whose end is no error any more. */
export function destroy(client: RedisClientType | RedisClusterType): void {
  client.removeAllListeners("error");
  client.on("error", () => {});
  if (client.isOpen) client.destroy();
}

/** The same bytes as what the client takes. */
export function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
