/**
 * One connection to Redis, or to a Redis Cluster: sharded pub/sub where the server knows it (from version 7), plain
 * pub/sub otherwise. Channels are spread over a fixed number of partitions, each of which lies on one shard as a whole.
 */

import type { RedisClientType, RedisClusterType } from "@redis/client";
import { missingPackage } from "../base/missing-package.ts";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "./broker-bus.ts";

/** How many groups of channels there are. It is the same for all processes: a channel's name holds its partition. */
const partitions = 128;

/** How long a server may take to accept a connection, in ms. */
const connectTimeout = 2000;

/**
 * How to open a link to Redis.
 *
 * @param url - `redis://` or `rediss://`; one node of a cluster leads to the others
 * @param channel - what the names of all channels begin with
 */
export function redisLinks(url: string, channel: string): ConnectBroker {
  return async (owner, signal) => {
    const client = await importClient();
    const publisher = await connectTo(client, url, owner, signal);
    const { isCluster, isSharded } = await inspect(publisher);
    if (!isCluster) {
      const subscriber = await connectTo(client, url, owner, signal);
      return new RedisLink(publisher, subscriber, new Channels(channel), owner, isSharded);
    }
    destroy(publisher);
    const cluster = connectToCluster(client, url);
    signal.addEventListener("abort", () => destroy(cluster));
    await cluster.connect();
    return new RedisClusterLink(cluster, new Channels(channel), owner);
  };
}

/**
 * How to open a link whose subjects are the names of Redis's channels as they are, in plain pub/sub: for living with
 * programs that have names of their own. A subject that ends with `*` is a pattern, whose messages come under the names
 * of their channels.
 */
export function redisChannelLinks(url: string): ConnectBroker {
  return async (owner, signal) => {
    const client = await importClient();
    const publisher = await connectTo(client, url, owner, signal);
    const subscriber = await connectTo(client, url, owner, signal);
    return new RedisLink(publisher, subscriber, asTheyAre, owner, false);
  };
}

type RedisPackage = typeof import("@redis/client");

/** Opens one connection to one server, which is not opened again by itself. */
export async function connectTo(
  { createClient }: RedisPackage,
  url: string,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisClientType> {
  // Connections are made again by the bus, with everything that is subscribed, so never by the client itself.
  const socket = { reconnectStrategy: false, connectTimeout } as const;
  const client = createClient({ url, socket, disableOfflineQueue: true }) as RedisClientType;
  client.on("error", owner.onLost);
  signal.addEventListener("abort", () => destroy(client));
  await client.connect();
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

/** How to open a client of a cluster that `url` is a node of. */
export function connectToCluster({ createCluster }: RedisPackage, url: string): RedisClusterType {
  const cluster = createCluster({
    rootNodes: [{ url }],
    // Nodes may give addresses that hold no password: those of the URL are valid for all.
    defaults: { ...credentials(url), socket: { connectTimeout }, disableOfflineQueue: true },
  }) as RedisClusterType;
  // A node that fails is replaced by the client; while there is none, what is sent to it is refused.
  cluster.on("error", () => {});
  return cluster;
}

function credentials(url: string): { username?: string; password?: string } {
  const { username, password } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

/** Which kind of pub/sub the server has. One that does not tell gets what every server understands. */
export async function inspect(client: RedisClientType): Promise<ServerKind> {
  const info = await client.info().catch(() => "");
  const version = Number(/^redis_version:(\d+)/m.exec(info)?.[1] ?? 0);
  const isCluster = /^cluster_enabled:1/m.test(info);
  return { isCluster, isSharded: isCluster || version >= 7 };
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

/** Spreads subjects evenly (FNV-1a). */
function partitionOf(subject: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < subject.length; index += 1) {
    hash = Math.imul(hash ^ subject.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
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

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    const name = this.#channels.name(subject);
    const bytes = toBuffer(message);
    return this.#isSharded ? this.#publisher.sPublish(name, bytes) : this.#publisher.publish(name, bytes);
  }

  async subscribe(subjects: readonly string[]): Promise<void> {
    const { patterns, names } = this.#sort(subjects);
    const client = this.#subscriber;
    if (this.#isSharded) {
      await client.sSubscribe(names, this.#onMessage, true);
      return;
    }
    const commands: Promise<unknown>[] = [];
    if (names.length > 0) commands.push(client.subscribe(names, this.#onMessage, true));
    if (patterns.length > 0) commands.push(client.pSubscribe(patterns, this.#onMessage, true));
    await Promise.all(commands);
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

  ping(): Promise<unknown> {
    return Promise.all([this.#publisher.ping(), this.#subscriber.ping()]);
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

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    return this.#cluster.sPublish(this.#channels.name(subject), toBuffer(message));
  }

  async subscribe(subjects: readonly string[]): Promise<void> {
    await Promise.all(
      [...this.#byPartition(subjects)].map((names) => this.#cluster.sSubscribe(names, this.#onMessage, true)),
    );
  }

  async unsubscribe(subjects: readonly string[]): Promise<void> {
    await Promise.all(
      [...this.#byPartition(subjects)].map((names) =>
        this.#cluster.sUnsubscribe(names, this.#onMessage, true),
      ),
    );
  }

  ping(): Promise<unknown> {
    return this.#cluster.sPublish(this.#channels.name(nobody), "");
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
