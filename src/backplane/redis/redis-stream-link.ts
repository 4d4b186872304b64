/**
 * The link to Redis for recoverable namespaces: their scripts, and the channels on which these publish. The
 * names of a namespace's keys and channels begin with the same part in braces, so that a cluster keeps them
 * in one place.
 */

import { generateId } from "../../base/id.ts";
import type { OpenStayData } from "../../core/recovery/membership-history.ts";
import type { BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import type { LifeSign } from "../bus/link-watch.ts";
import { type MessageQueue, readQueue } from "../queue/queue-source.ts";
import {
  BrokerError,
  type ClaimedClient,
  type ClientRecord,
  type KeptEntry,
  type KeptRecord,
  type LogEntry,
  nodeChannelIn,
  type StreamLink,
  type StreamRef,
} from "../stream/stream-link.ts";
import { bufferView } from "../wire/buffer-view.ts";
import { epochError } from "./recovery-scripts.ts";
import { openRedis, type RedisConnection } from "./redis-connection.ts";
import { isDenied, redisRefusal } from "./redis-refusal.ts";
import type { ChannelListener } from "./redis-server.ts";
import type { ScriptName } from "./script-commands.ts";

/**
 * Opens links.
 *
 * @param given - a message queue on Redis
 * @param channel - the beginning of the names of all keys and channels
 * @param onOpen - gets each link that was opened
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function redisStreamLinks(
  given: MessageQueue,
  channel: string,
  onOpen: (link: StreamLink) => void,
): ConnectBroker {
  const queue = readQueue(given);
  return async (owner, signal) => {
    const redis = await openRedis(queue, channel, owner, signal);
    await redis.loadScripts();
    const link = new RedisStreamLink(redis, owner);
    onOpen(link);
    return link;
  };
}

/** See {@link redisStreamLinks}. */
class RedisStreamLink implements StreamLink {
  /** All messages come on one connection, in the order of the scripts. */
  readonly keepsOrder = true;
  readonly #redis: RedisConnection;
  readonly #owner: BrokerLinkOwner;
  readonly #onMessage: ChannelListener;

  constructor(redis: RedisConnection, owner: BrokerLinkOwner) {
    this.#redis = redis;
    this.#owner = owner;
    this.#onMessage = (message, channel) => owner.onMessage(channel.toString(), message);
  }

  async begin({ name, keep }: StreamRef): Promise<{ epoch: string; head: number }> {
    const newEpoch = generateId().slice(0, 8);
    const [epoch, head] = asList(await this.#run("begin", [`${name}:m`, `${name}:s`], newEpoch, keep));
    return { epoch: String(epoch), head: Number(head) };
  }

  async append(
    place: StreamRef,
    epoch: string,
    { origin, id, message, channels }: LogEntry,
  ): Promise<number> {
    const { name, maxEvents, age, keep } = place;
    const keys = [`${name}:m`, `${name}:s`, `${name}:a:${origin}`];
    return Number(await this.#run("append", keys, epoch, id, message, maxEvents, age, keep, ...channels));
  }

  async head({ name }: StreamRef, epoch: string): Promise<number> {
    return Number(await this.#run("head", [`${name}:m`], epoch));
  }

  async read(
    { name }: StreamRef,
    epoch: string,
    number: number,
    most: number,
  ): Promise<{ head: number; entries: KeptEntry[] }> {
    const reply = asList(await this.#run("read", [`${name}:m`, `${name}:s`], epoch, number, most));
    return { head: Number(reply[0]), entries: asList(reply[1]).map(readEntry) };
  }

  async pass(
    { name }: StreamRef,
    epoch: string,
    channels: readonly string[],
    message: Uint8Array,
  ): Promise<unknown> {
    return this.#run("pass", [`${name}:m`], epoch, message, ...channels);
  }

  async barrier({ name }: StreamRef, epoch: string, node: string, id: number): Promise<unknown> {
    return this.#run("fence", [`${name}:m`], epoch, nodeChannelIn(name, node), id);
  }

  async save({ name, keep }: StreamRef, epoch: string, record: ClientRecord): Promise<number | null> {
    const { key, generation, node, json, time, isNew, changes } = record;
    const keys = [`${name}:m`, `${name}:p:${key}`];
    const mode = isNew ? "new" : "";
    const { set, ended } = isNew ? { set: record.stays(), ended: [] } : changes;
    const rooms = [set.length, ...set.flatMap(([room, from, place]) => [room, `${from} ${place}`]), ...ended];
    const reply = Number(
      await this.#run("save", keys, epoch, generation, node, json, time, keep, mode, ...rooms),
    );
    return reply < 0 ? null : reply;
  }

  async find({ name }: StreamRef, epoch: string, key: string): Promise<KeptRecord | null> {
    const reply = await this.#run("find", [`${name}:m`, `${name}:p:${key}`], epoch);
    if (!Array.isArray(reply)) return null;
    const [json, rooms] = reply;
    return { json: String(json), stays: readStays(asList(rooms)) };
  }

  async claim(
    { name }: StreamRef,
    epoch: string,
    { key, node, time }: { readonly key: string; readonly node: string; readonly time: number },
  ): Promise<ClaimedClient | null> {
    const keys = [`${name}:m`, `${name}:p:${key}`];
    const reply = await this.#run("claim", keys, epoch, node, nodeChannelIn(name, ""), key, time);
    if (!Array.isArray(reply)) return null;
    const [generation, json, rooms, seconds] = reply;
    const kept = { generation: Number(generation), json: String(json), stays: readStays(asList(rooms)) };
    return typeof seconds === "number" ? { ...kept, age: seconds * 1000 } : kept;
  }

  async drop({ name }: StreamRef, key: string, generation: number): Promise<unknown> {
    return this.#run("drop", [`${name}:p:${key}`], generation);
  }

  /** All keys expire by themselves. */
  async end(): Promise<void> {}

  /** Scripts publish. */
  publish(): Promise<void> {
    return Promise.resolve();
  }

  async subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#redis.subscribe(channels, this.#onMessage);
  }

  async unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#redis.unsubscribe(channels, this.#onMessage);
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

  /** Runs a script with its keys and arguments. Scripts of one turn run in the order of the calls. */
  #run(
    script: ScriptName,
    keys: readonly string[],
    ...args: readonly (string | number | Uint8Array)[]
  ): Promise<unknown> {
    const words = args.map((arg) => (typeof arg === "object" ? bufferView(arg) : String(arg)));
    return this.#redis.run(script, keys, words).catch((error: unknown) => {
      // The server was told to forget its scripts: a new link gives them to it again.
      if (error instanceof Error && error.message.startsWith("NOSCRIPT")) this.#owner.onLost(error);
      if (!isRefusal(error)) throw error;
      const { message } = error;
      const refusal = redisRefusal(error);
      throw new BrokerError(refusal instanceof Error ? refusal.message : message, {
        cause: error,
        isEpochOver: message.includes(epochError),
        // The server ends the connection as well.
        isDenied: isDenied(error),
        isTooLarge: message.startsWith("ERR Protocol error"),
      });
    });
  }
}

/** Whether an error is an answer of the server, not the end of the connection. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z]+ /.test(error.message);
}

function asList(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new TypeError("The message queue gave an answer of another kind.");
  return reply;
}

/** Reads `[id, [t, time, d, event]]` of a stream. */
function readEntry(reply: unknown): KeptEntry {
  const [id, fields] = asList(reply);
  const message = asList(fields)[3];
  if (!(message instanceof Uint8Array))
    throw new TypeError("The message queue keeps something of another kind.");
  return { offset: Number.parseInt(String(id), 10), message };
}

/** Reads rooms, each with its two numbers in a text. */
function readStays(reply: readonly unknown[]): OpenStayData[] {
  const stays: OpenStayData[] = [];
  for (let index = 0; index < reply.length; index += 2) {
    const [from, place] = String(reply[index + 1]).split(" ");
    stays.push([String(reply[index]), Number(from), Number(place)]);
  }
  return stays;
}
