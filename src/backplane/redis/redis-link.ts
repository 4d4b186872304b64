/**
 * The bus's link to Redis. Channels lie on a fixed number of partitions, each of which is on one shard as a
 * whole.
 */

import { hash32 } from "../../base/hash.ts";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import type { LifeSign } from "../bus/link-watch.ts";
import { type MessageQueue, readQueue } from "../queue/queue-source.ts";
import { bufferView } from "../wire/buffer-view.ts";
import { openRedis, type RedisConnection } from "./redis-connection.ts";
import { redisRefusal } from "./redis-refusal.ts";
import type { ChannelListener } from "./redis-server.ts";

/** The number of partitions. It is the same for all processes: a channel's name holds its partition. */
const partitions = 128;

/** The subject without listeners, to ask a server whether it is there. */
const unused = "";

/**
 * Opens links to Redis.
 *
 * @param given - a message queue on Redis; one node of a cluster leads to the others
 * @param channel - the beginning of the names of all channels
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function redisLinks(given: MessageQueue, channel: string): ConnectBroker {
  const queue = readQueue(given);
  const names = new ChannelNames(channel);
  return async (owner, signal) =>
    new RedisLink(await openRedis(queue, names.name(unused), owner, signal), names, owner);
}

/** Channels of Redis for subjects: `roomcast{17}:subject` for the subject "subject" on partition 17. */
class ChannelNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    // Braces would be taken for those of the partition.
    this.#prefix = prefix.replaceAll(/[{}]/g, "_");
  }

  name(subject: string): string {
    return `${this.#prefix}{${hash32(subject) % partitions}}:${subject}`;
  }

  subject(channel: string): string {
    return channel.slice(channel.indexOf("}:", this.#prefix.length) + 2);
  }
}

class RedisLink implements BrokerLink {
  readonly #redis: RedisConnection;
  readonly #names: ChannelNames;
  readonly #onMessage: ChannelListener;

  constructor(redis: RedisConnection, names: ChannelNames, owner: BrokerLinkOwner) {
    this.#redis = redis;
    this.#names = names;
    this.#onMessage = (message, channel) => owner.onMessage(names.subject(channel.toString()), message);
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    return this.#redis.publish(this.#names.name(subject), bufferView(message));
  }

  async subscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#redis.subscribe(this.#channels(subjects), this.#onMessage);
  }

  async unsubscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#redis.unsubscribe(this.#channels(subjects), this.#onMessage);
  }

  explain(error: unknown): unknown {
    return redisRefusal(error);
  }

  get lifeSign(): LifeSign | undefined {
    return this.#redis.lifeSign;
  }

  async ping(): Promise<unknown> {
    return this.#redis.ping();
  }

  close(): void {
    this.#redis.close();
  }

  #channels(subjects: readonly string[]): string[] {
    return subjects.map((subject) => this.#names.name(subject));
  }
}
