/**
 * One connection to Redis, or to a Redis Cluster: sharded pub/sub where the server knows it (from version 7), plain
 * pub/sub otherwise. Channels are spread over a fixed number of partitions, each of which lies on one shard as a whole.
 */

import type { RedisClientType, RedisClusterType } from "@redis/client";
import { missingPackage } from "../base/missing-package.ts";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "./broker-bus.ts";

/** How many groups of channels there are. It is the same for all processes: a channel's name holds its partition. */
const partitions = 128;

/**
 * How to open a link to Redis.
 *
 * @param url - `redis://` or `rediss://`; one node of a cluster leads to the others
 * @param channel - what the names of all channels begin with
 */
export function redisLinks(url: string, channel: string): ConnectBroker {
  return async (owner, signal) => {
    const client = await importClient();
    const publisher = client.createClient(clientOptions(url)) as RedisClientType;
    publisher.on("error", owner.onLost);
    const abandon = () => publisher.destroy();
    signal.addEventListener("abort", abandon);
    await publisher.connect();
    const { isCluster, isSharded } = await inspect(publisher);
    if (!isCluster) {
      const subscriber = client.createClient(clientOptions(url)) as RedisClientType;
      subscriber.on("error", owner.onLost);
      signal.addEventListener("abort", () => subscriber.destroy());
      await subscriber.connect();
      return new RedisLink(publisher, subscriber, channel, owner, isSharded);
    }
    publisher.removeAllListeners("error").on("error", () => {});
    signal.removeEventListener("abort", abandon);
    publisher.destroy();
    const cluster = client.createCluster({
      rootNodes: [{ url }],
      // Nodes may give addresses that hold no password: those of the URL are valid for all.
      defaults: { ...credentials(url), socket: { connectTimeout: 2000 }, disableOfflineQueue: true },
    }) as RedisClusterType;
    // A node that fails is replaced by the client; while there is none, what is sent to it is refused.
    cluster.on("error", () => {});
    signal.addEventListener("abort", () => cluster.destroy());
    await cluster.connect();
    return new RedisClusterLink(cluster, channel, owner);
  };
}

async function importClient() {
  try {
    return await import("@redis/client");
  } catch (error) {
    throw missingPackage("@redis/client", error);
  }
}

function clientOptions(url: string) {
  // Connections are made again by the bus, with everything that is subscribed, so never by the client itself.
  return {
    url,
    socket: { reconnectStrategy: false, connectTimeout: 2000 },
    disableOfflineQueue: true,
  } as const;
}

function credentials(url: string): { username?: string; password?: string } {
  const { username, password } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

/** Which kind of pub/sub the server has. One that does not tell gets what every server understands. */
async function inspect(client: RedisClientType): Promise<{ isCluster: boolean; isSharded: boolean }> {
  const info = await client.info().catch(() => "");
  const version = Number(/^redis_version:(\d+)/m.exec(info)?.[1] ?? 0);
  const isCluster = /^cluster_enabled:1/m.test(info);
  return { isCluster, isSharded: isCluster || version >= 7 };
}

/** What names of channels and subjects have to do with each other: `roomcast{17}:subject`. */
class Channels {
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
  readonly #channels: Channels;
  readonly #isSharded: boolean;
  readonly #onMessage: (message: Buffer, channel: Buffer) => void;

  constructor(
    publisher: RedisClientType,
    subscriber: RedisClientType,
    channel: string,
    owner: BrokerLinkOwner,
    isSharded: boolean,
  ) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#channels = new Channels(channel);
    this.#isSharded = isSharded;
    this.#onMessage = (message, name) => owner.onMessage(this.#channels.subject(name.toString()), message);
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    const name = this.#channels.name(subject);
    const bytes = toBuffer(message);
    return this.#isSharded ? this.#publisher.sPublish(name, bytes) : this.#publisher.publish(name, bytes);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    const names = subjects.map((subject) => this.#channels.name(subject));
    return this.#isSharded
      ? this.#subscriber.sSubscribe(names, this.#onMessage, true)
      : this.#subscriber.subscribe(names, this.#onMessage, true);
  }

  unsubscribe(subjects: readonly string[]): Promise<unknown> {
    const names = subjects.map((subject) => this.#channels.name(subject));
    return this.#isSharded
      ? this.#subscriber.sUnsubscribe(names, this.#onMessage, true)
      : this.#subscriber.unsubscribe(names, this.#onMessage, true);
  }

  ping(): Promise<unknown> {
    return Promise.all([this.#publisher.ping(), this.#subscriber.ping()]);
  }

  close(): void {
    for (const client of [this.#publisher, this.#subscriber]) {
      client.removeAllListeners("error").on("error", () => {});
      client.destroy();
    }
  }
}

/** A cluster: the client keeps the connections to its nodes, and follows channels that move. */
class RedisClusterLink implements BrokerLink {
  readonly #cluster: RedisClusterType;
  readonly #channels: Channels;
  readonly #onMessage: (message: Buffer, channel: Buffer) => void;

  constructor(cluster: RedisClusterType, channel: string, owner: BrokerLinkOwner) {
    this.#cluster = cluster;
    this.#channels = new Channels(channel);
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
    this.#cluster.removeAllListeners("error").on("error", () => {});
    this.#cluster.destroy();
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

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
