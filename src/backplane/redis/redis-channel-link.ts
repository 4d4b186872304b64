/**
 * A link to Redis whose subjects are the names of Redis's channels themselves, in plain pub/sub: for programs
 * of another make, which have names of their own.
 */

import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import { type MessageQueue, readQueue } from "../queue/queue-source.ts";
import { bufferView } from "../wire/buffer-view.ts";
import { connectToServer, destroy, importRedis } from "./redis-client.ts";
import { acceptDenial, redisRefusal, throwRefusal } from "./redis-refusal.ts";
import type { ChannelListener, RedisServer } from "./redis-server.ts";

/**
 * Opens such links. A subject that ends with `*` is a pattern; its messages come under the names of their
 * channels.
 *
 * @param given - a message queue on Redis
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function redisChannelLinks(given: MessageQueue): ConnectBroker {
  const queue = readQueue(given);
  return async (owner, signal) => {
    const redis = await importRedis();
    const sender = await connectToServer(redis, queue, owner, signal);
    const subscriber = await connectToServer(redis, queue, owner, signal);
    return new RedisChannelLink(sender, subscriber, owner);
  };
}

class RedisChannelLink implements BrokerLink {
  readonly lifeSign = "answer and message";
  readonly #sender: RedisServer;
  readonly #subscriber: RedisServer;
  readonly #onMessage: ChannelListener;

  constructor(sender: RedisServer, subscriber: RedisServer, owner: BrokerLinkOwner) {
    this.#sender = sender;
    this.#subscriber = subscriber;
    this.#onMessage = (message, channel) => owner.onMessage(channel.toString(), message);
  }

  async publish(channel: string, message: Uint8Array): Promise<unknown> {
    return this.#sender.publish(channel, bufferView(message));
  }

  async subscribe(channels: readonly string[]): Promise<unknown> {
    const { patterns, names } = sorted(channels);
    const commands: Promise<unknown>[] = [];
    if (names.length > 0) commands.push(this.#subscriber.subscribe(names, this.#onMessage, true));
    if (patterns.length > 0) commands.push(this.#subscriber.pSubscribe(patterns, this.#onMessage, true));
    return Promise.all(commands).catch(throwRefusal);
  }

  async unsubscribe(channels: readonly string[]): Promise<unknown> {
    const { patterns, names } = sorted(channels);
    const commands: Promise<unknown>[] = [];
    if (names.length > 0) commands.push(this.#subscriber.unsubscribe(names, this.#onMessage, true));
    if (patterns.length > 0) commands.push(this.#subscriber.pUnsubscribe(patterns, this.#onMessage, true));
    return Promise.all(commands);
  }

  async countSubscribers(channel: string): Promise<number> {
    const reply = await this.#sender.sendCommand(["PUBSUB", "NUMSUB", channel]).catch(throwRefusal);
    return Array.isArray(reply) ? Number(reply[1]) : 1;
  }

  explain(error: unknown): unknown {
    return redisRefusal(error);
  }

  async ping(): Promise<unknown> {
    return Promise.all([this.#sender, this.#subscriber].map((client) => client.ping().catch(acceptDenial)));
  }

  close(): void {
    destroy(this.#sender);
    destroy(this.#subscriber);
  }
}

function sorted(channels: readonly string[]): { patterns: string[]; names: string[] } {
  return {
    patterns: channels.filter((channel) => channel.endsWith("*")),
    names: channels.filter((channel) => !channel.endsWith("*")),
  };
}
