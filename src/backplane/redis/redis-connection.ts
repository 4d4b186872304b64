/**
 * A connection to a Redis server, or to all nodes of a cluster: pub/sub for the bus, scripts for recovery.
 * Pub/sub is sharded where the server knows that (from version 7).
 */

import { KeyedQueue } from "../../base/queue/keyed-queue.ts";
import type { BrokerLinkOwner } from "../bus/broker-bus.ts";
import { brokerRefusal } from "../bus/broker-refusal.ts";
import type { LifeSign } from "../bus/link-watch.ts";
import type { QueueSource } from "../queue/queue-source.ts";
import {
  connectToCluster,
  connectToServer,
  destroy,
  importRedis,
  inspect,
  type RedisClusterClient,
} from "./redis-client.ts";
import { acceptDenial, throwRefusal } from "./redis-refusal.ts";
import type { ChannelListener, RedisPackage, RedisServer } from "./redis-server.ts";
import {
  type ScriptArgument,
  type ScriptCommands,
  type ScriptName,
  scriptCommands,
} from "./script-commands.ts";

/** A server, or a cluster. What fails rejects the promise; a refusal of this user says what to do. */
export interface RedisConnection {
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Settles when the server has confirmed all channels. */
  subscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown>;
  unsubscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown>;
  /** Gives the scripts to the server, before {@link run}. */
  loadScripts(): Promise<unknown>;
  /**
   * Runs a script; texts of its reply are bytes. Scripts whose keys lie in one place run in the order of the
   * calls.
   */
  run(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown>;
  /** What shows that every part of the connection lives; missing where only a ping does. */
  readonly lifeSign?: LifeSign;
  /** Settles when every part of the connection has answered. */
  ping(): Promise<unknown>;
  /** Ends at once. */
  close(): void;
}

/**
 * Connects to the server that a URL names, or to its whole cluster.
 *
 * @param unused - a channel without listeners, whose name begins as the application's do
 * @param signal - aborts the attempt
 */
export async function openRedis(
  queue: QueueSource,
  unused: string,
  owner: BrokerLinkOwner,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const redis = await importRedis();
  const asCluster = async () => {
    const cluster = await connectToCluster(redis, queue, signal);
    // The client follows a channel to another node, but may miss messages on the way.
    cluster.on("sharded-channel-moved-error", owner.onLost);
    return new ClusterConnection(redis, cluster, unused);
  };
  if (queue.client?.kind === "cluster") return asCluster();
  const sender = await connectToServer(redis, queue, owner, signal);
  const { isCluster, isSharded } = await inspect(sender, unused, queue).catch((error: unknown) => {
    destroy(sender);
    throw error;
  });
  if (isCluster) {
    destroy(sender);
    if (queue.client !== undefined) throw isOneNode();
    return asCluster();
  }
  const scripts = scriptCommands(isSharded);
  const subscriber = await connectToServer(redis, queue, owner, signal);
  return new ServerConnection(redis, isSharded, { sender, subscriber, scripts });
}

function isOneNode(): Error {
  const why = "its client leads to one node of a Redis Cluster";
  return brokerRefusal(
    "Redis",
    why,
    "Give a client of the whole cluster, createCluster(), or its URL.",
    null,
  );
}

/** One server: one connection for sending, one for receiving. */
class ServerConnection implements RedisConnection {
  readonly lifeSign = "answer and message";
  readonly #sender: RedisServer;
  readonly #subscriber: RedisServer;
  readonly #scripts: ScriptCommands;
  readonly #isSharded: boolean;
  readonly #options: ReturnType<typeof textsAsBytes>;

  constructor(
    redis: RedisPackage,
    isSharded: boolean,
    parts: { sender: RedisServer; subscriber: RedisServer; scripts: ScriptCommands },
  ) {
    this.#sender = parts.sender;
    this.#subscriber = parts.subscriber;
    this.#scripts = parts.scripts;
    this.#isSharded = isSharded;
    this.#options = textsAsBytes(redis);
  }

  publish(channel: string, message: Buffer): Promise<unknown> {
    // The package's own method would parse the command once more, for a sixth of its cost.
    return this.#sender.sendCommand([this.#isSharded ? "SPUBLISH" : "PUBLISH", channel, message]);
  }

  subscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown> {
    const subscribed = this.#isSharded
      ? this.#subscriber.sSubscribe([...channels], listener, true)
      : this.#subscriber.subscribe([...channels], listener, true);
    return subscribed.catch(throwRefusal);
  }

  unsubscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown> {
    return this.#isSharded
      ? this.#subscriber.sUnsubscribe([...channels], listener, true)
      : this.#subscriber.unsubscribe([...channels], listener, true);
  }

  loadScripts(): Promise<unknown> {
    const texts = Object.values(this.#scripts).map(({ text }) => text);
    return Promise.all(texts.map((text) => this.#sender.scriptLoad(text))).catch(throwRefusal);
  }

  /**
   * Sends the digest alone. The package's own command sends a forgotten script again, behind later ones. That
   * loses the order, and with it events: an earlier one that comes later counts as a repetition.
   */
  run(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const words = ["EVALSHA", this.#scripts[script].digest, String(keys.length), ...keys, ...args];
    return this.#sender.sendCommand(words, this.#options);
  }

  ping(): Promise<unknown> {
    return Promise.all([this.#sender, this.#subscriber].map((client) => client.ping().catch(acceptDenial)));
  }

  close(): void {
    destroy(this.#sender);
    destroy(this.#subscriber);
  }
}

/** A cluster. The client keeps connections to its nodes. A node that does not have a script gets its text. */
class ClusterConnection implements RedisConnection {
  readonly #cluster: RedisClusterClient;
  readonly #unused: string;
  readonly #scripts = scriptCommands(true);
  readonly #options: ReturnType<typeof textsAsBytes>;
  /**
   * Scripts of each place, one after another: the client may ask other nodes first, and they would overtake
   * each other.
   */
  readonly #turns = new KeyedQueue();

  constructor(redis: RedisPackage, cluster: RedisClusterClient, unused: string) {
    this.#cluster = cluster;
    this.#unused = unused;
    this.#options = textsAsBytes(redis);
  }

  publish(channel: string, message: Buffer): Promise<unknown> {
    return this.#cluster.sPublish(channel, message);
  }

  subscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown> {
    const groups = byPlace(channels);
    return Promise.all(groups.map((group) => this.#cluster.sSubscribe(group, listener, true))).catch(
      throwRefusal,
    );
  }

  unsubscribe(channels: readonly string[], listener: ChannelListener): Promise<unknown> {
    return Promise.all(byPlace(channels).map((group) => this.#cluster.sUnsubscribe(group, listener, true)));
  }

  /** Each node gets a script when it is first run there. */
  loadScripts(): Promise<void> {
    return Promise.resolve();
  }

  run(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const { digest, text } = this.#scripts[script];
    const [first = ""] = keys;
    const rest = [String(keys.length), ...keys, ...args];
    const send = (...words: string[]) =>
      this.#cluster.sendCommand<unknown>(first, false, [...words, ...rest], this.#options);
    return this.#turns.run(placeOf(first), () =>
      send("EVALSHA", digest).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return send("EVAL", text);
        throw error;
      }),
    );
  }

  ping(): Promise<unknown> {
    return this.#cluster.sPublish(this.#unused, "").catch(acceptDenial);
  }

  close(): void {
    destroy(this.#cluster);
  }
}

/** Reads texts of replies as bytes, because events are bytes. */
function textsAsBytes({ RESP_TYPES }: RedisPackage) {
  return { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
}

/** Groups channels by place: one command may only name channels of one. */
function byPlace(channels: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const channel of channels) {
    const place = placeOf(channel);
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [channel]);
    else group.push(channel);
  }
  return [...groups.values()];
}

/** The part of a name that decides its place in a cluster: all up to the end of its braces. */
function placeOf(name: string): string {
  return name.slice(0, name.indexOf("}"));
}
