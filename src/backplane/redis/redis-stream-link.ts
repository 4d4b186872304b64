/**
 * One connection to Redis for recoverable namespaces: their scripts, and the channels on which these publish. The names
 * of a namespace's keys and channels all begin alike, with a part in braces, so that a cluster has them in one place.
 */

import type { RedisClientType, RedisClusterType } from "@redis/client";
import { generateId } from "../../base/id.ts";
import { KeyedQueue } from "../../base/keyed-queue.ts";
import type { OpenStayData } from "../../core/recovery/membership-history.ts";
import type { BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import { readQueueUrl } from "../bus/queue-url.ts";
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
import {
  append,
  begin,
  claim,
  drop,
  epochError,
  fence,
  find,
  head,
  pass,
  read,
  type Script,
  save,
  scriptText,
} from "./recovery-scripts.ts";
import {
  acceptDenial,
  connectTo,
  connectToCluster,
  destroy,
  importClient,
  inspect,
  type ServerKind,
  throwRefusal,
  toBuffer,
} from "./redis-link.ts";

/** An argument of a script. */
type ScriptArgument = string | number | Uint8Array;

/** What a script answers. */
export type ScriptReply = number | Buffer | null | readonly ScriptReply[];

const scripts = [append, begin, claim, drop, fence, find, head, pass, read, save];

/**
 * How to open a link.
 *
 * @param url - `redis://` or `rediss://`
 * @param channel - what the names of all keys and channels begin with
 * @param onOpen - is given each link that was opened
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function redisStreamLinks(
  url: string,
  channel: string,
  onOpen: (link: StreamLink) => void,
): ConnectBroker {
  const queue = readQueueUrl(url);
  return async (owner, signal) => {
    const client = await importClient();
    const commands = await connectTo(client, queue, owner, signal);
    const kind = await inspect(commands, channel);
    let link: RedisStreamLink;
    if (kind.isCluster) {
      destroy(commands);
      const cluster = await connectToCluster(client, queue, signal);
      cluster.on("sharded-channel-moved-error", owner.onLost);
      link = new RedisStreamLink(new ClusterClients(cluster, channel), kind, owner);
    } else {
      const subscriber = await connectTo(client, queue, owner, signal);
      link = new RedisStreamLink(new ServerClients(commands, subscriber, kind), kind, owner);
    }
    await link.load().catch(throwRefusal);
    onOpen(link);
    return link;
  };
}

type Listener = (message: Buffer, channel: Buffer) => void;
type Command = readonly (string | Buffer)[];

/** One server, or a cluster. */
interface Clients {
  command(key: string | undefined, command: Command): Promise<ScriptReply>;
  subscribe(channels: readonly string[], listener: Listener): Promise<unknown>;
  unsubscribe(channels: readonly string[], listener: Listener): Promise<unknown>;
  ping(): Promise<unknown>;
  close(): void;
}

/** See {@link redisStreamLinks}. */
class RedisStreamLink implements StreamLink {
  /** One connection of the server to this process brings all, in the order of the scripts. */
  readonly keepsOrder = true;
  readonly #clients: Clients;
  readonly #kind: ServerKind;
  readonly #owner: BrokerLinkOwner;
  readonly #onMessage: Listener;
  /** What names each script to a server that has it; empty where the whole text is sent. */
  readonly #digests = new Map<Script, string>();

  constructor(clients: Clients, kind: ServerKind, owner: BrokerLinkOwner) {
    this.#clients = clients;
    this.#kind = kind;
    this.#owner = owner;
    this.#onMessage = (message, channel) => owner.onMessage(channel.toString(), message);
  }

  /** Gives the scripts to the server. Each node of a cluster would need them, also those that come: they get the text. */
  async load(): Promise<void> {
    if (this.#kind.isCluster) return;
    await Promise.all(
      scripts.map(async (script) => {
        const text = scriptText(script, this.#kind.isSharded);
        this.#digests.set(script, String(await this.#clients.command(undefined, ["SCRIPT", "LOAD", text])));
      }),
    );
  }

  async begin({ name, keep }: StreamRef): Promise<{ epoch: string; head: number }> {
    const newEpoch = generateId().slice(0, 8);
    const [epoch, head] = asList(await this.#run(begin, [`${name}:m`, `${name}:s`, newEpoch, keep]));
    return { epoch: String(epoch), head: Number(head) };
  }

  async append(
    place: StreamRef,
    epoch: string,
    { origin, id, message, channels }: LogEntry,
  ): Promise<number> {
    const { name, maxEvents, age, keep } = place;
    const keys = [`${name}:m`, `${name}:s`, `${name}:a:${origin}`];
    return Number(await this.#run(append, [...keys, epoch, id, message, maxEvents, age, keep, ...channels]));
  }

  async head({ name }: StreamRef, epoch: string): Promise<number> {
    return Number(await this.#run(head, [`${name}:m`, epoch]));
  }

  async read(
    { name }: StreamRef,
    epoch: string,
    number: number,
    most: number,
  ): Promise<{ head: number; entries: KeptEntry[] }> {
    const reply = asList(await this.#run(read, [`${name}:m`, `${name}:s`, epoch, number, most]));
    return { head: Number(reply[0]), entries: asList(reply[1]).map(readEntry) };
  }

  async pass(
    { name }: StreamRef,
    epoch: string,
    channels: readonly string[],
    message: Uint8Array,
  ): Promise<unknown> {
    return this.#run(pass, [`${name}:m`, epoch, message, ...channels]);
  }

  async barrier({ name }: StreamRef, epoch: string, node: string, id: number): Promise<unknown> {
    return this.#run(fence, [`${name}:m`, epoch, nodeChannelIn(name, node), id]);
  }

  async save({ name, keep }: StreamRef, epoch: string, record: ClientRecord): Promise<number | null> {
    const { key, generation, node, json, time, isNew, changes } = record;
    const keys = [`${name}:m`, `${name}:p:${key}`];
    const mode = isNew ? "new" : "";
    const { set, ended } = isNew ? { set: record.stays(), ended: [] } : changes;
    const rooms = [set.length, ...set.flatMap(([room, from, place]) => [room, `${from} ${place}`]), ...ended];
    const reply = Number(
      await this.#run(save, [...keys, epoch, generation, node, json, time, keep, mode, ...rooms]),
    );
    return reply < 0 ? null : reply;
  }

  async find({ name }: StreamRef, epoch: string, key: string): Promise<KeptRecord | null> {
    const reply = await this.#run(find, [`${name}:m`, `${name}:p:${key}`, epoch]);
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
    const reply = await this.#run(claim, [...keys, epoch, node, nodeChannelIn(name, ""), key, time]);
    if (!Array.isArray(reply)) return null;
    const [generation, json, rooms] = reply;
    return { generation: Number(generation), json: String(json), stays: readStays(asList(rooms)) };
  }

  async drop({ name }: StreamRef, key: string, generation: number): Promise<unknown> {
    return this.#run(drop, [`${name}:p:${key}`, generation]);
  }

  /** All keys go by themselves when their time is over. */
  async end(): Promise<void> {}

  /** Scripts publish. */
  publish(): Promise<void> {
    return Promise.resolve();
  }

  async subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#clients.subscribe(channels, this.#onMessage);
  }

  async unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#clients.unsubscribe(channels, this.#onMessage);
  }

  async ping(): Promise<unknown> {
    return this.#clients.ping();
  }

  close(): void {
    this.#clients.close();
  }

  /** Runs a script: its keys, then the rest. What is asked for in one turn is carried out in that order. */
  #run(script: Script, args: readonly ScriptArgument[]): Promise<ScriptReply> {
    const digest = this.#digests.get(script);
    const words = args.map((arg) => (typeof arg === "object" ? toBuffer(arg) : String(arg)));
    const start =
      digest === undefined ? ["EVAL", scriptText(script, this.#kind.isSharded)] : ["EVALSHA", digest];
    return this.#clients
      .command(String(args[0]), [...start, String(script.keys), ...words])
      .catch((error: unknown) => {
        // Somebody has had the server forget its scripts: a new link gives them to it again.
        if (error instanceof Error && error.message.startsWith("NOSCRIPT")) this.#owner.onLost(error);
        if (!isRefusal(error)) throw error;
        const { message } = error;
        throw new BrokerError(message, {
          cause: error,
          isEpochOver: message.includes(epochError),
          // The server ends the connection as well.
          isTooLarge: message.startsWith("ERR Protocol error"),
        });
      });
  }
}

/** Whether an error is the server's answer, and not the end of the connection. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z]+ /.test(error.message);
}

function asList(reply: ScriptReply | undefined): readonly ScriptReply[] {
  if (!Array.isArray(reply)) throw new TypeError("The message queue gave an answer of another kind.");
  return reply;
}

/** Reads `[id, [t, time, d, event]]` of a stream. */
function readEntry(reply: ScriptReply): KeptEntry {
  const [id, fields] = asList(reply);
  const message = asList(fields)[3];
  if (!(message instanceof Uint8Array))
    throw new TypeError("The message queue keeps something of another kind.");
  return { number: Number.parseInt(String(id), 10), message };
}

/** Reads rooms, each with its two numbers in a text. */
function readStays(reply: readonly ScriptReply[]): OpenStayData[] {
  const stays: OpenStayData[] = [];
  for (let index = 0; index < reply.length; index += 2) {
    const [from, place] = String(reply[index + 1]).split(" ");
    stays.push([String(reply[index]), Number(from), Number(place)]);
  }
  return stays;
}

class ServerClients implements Clients {
  readonly #commands: RedisClientType;
  readonly #subscriber: RedisClientType;
  readonly #kind: ServerKind;

  constructor(commands: RedisClientType, subscriber: RedisClientType, kind: ServerKind) {
    this.#commands = commands;
    this.#subscriber = subscriber;
    this.#kind = kind;
  }

  command(_key: string | undefined, command: Command): Promise<ScriptReply> {
    return this.#commands.sendCommand<ScriptReply>([...command], bytesAsTheyAre);
  }

  subscribe(channels: readonly string[], listener: Listener): Promise<unknown> {
    return this.#kind.isSharded
      ? this.#subscriber.sSubscribe([...channels], listener, true)
      : this.#subscriber.subscribe([...channels], listener, true);
  }

  unsubscribe(channels: readonly string[], listener: Listener): Promise<unknown> {
    return this.#kind.isSharded
      ? this.#subscriber.sUnsubscribe([...channels], listener, true)
      : this.#subscriber.unsubscribe([...channels], listener, true);
  }

  ping(): Promise<unknown> {
    return Promise.all([this.#commands, this.#subscriber].map((client) => client.ping().catch(acceptDenial)));
  }

  close(): void {
    destroy(this.#commands);
    destroy(this.#subscriber);
  }
}

class ClusterClients implements Clients {
  readonly #cluster: RedisClusterType;
  /** Commands of each place, one after another: the client may ask around first, and they would overtake each other. */
  readonly #turns = new KeyedQueue();
  readonly #channel: string;

  /** @param channel - one without listeners */
  constructor(cluster: RedisClusterType, channel: string) {
    this.#cluster = cluster;
    this.#channel = channel;
  }

  command(key: string | undefined, command: Command): Promise<ScriptReply> {
    return this.#turns.run(placeOf(key ?? ""), () =>
      this.#cluster.sendCommand<ScriptReply>(key, false, [...command], bytesAsTheyAre),
    );
  }

  subscribe(channels: readonly string[], listener: Listener): Promise<unknown> {
    return Promise.all(byPlace(channels).map((group) => this.#cluster.sSubscribe(group, listener, true)));
  }

  unsubscribe(channels: readonly string[], listener: Listener): Promise<unknown> {
    return Promise.all(byPlace(channels).map((group) => this.#cluster.sUnsubscribe(group, listener, true)));
  }

  ping(): Promise<unknown> {
    return this.#cluster.sPublish(this.#channel, "").catch(acceptDenial);
  }

  close(): void {
    destroy(this.#cluster);
  }
}

/** Texts of replies as bytes: events are such. The number is RESP's type of a text. */
const blobString = 36;
const bytesAsTheyAre = { typeMapping: { [blobString]: Buffer } };

/** One command may only name channels of one place. */
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

function placeOf(name: string): string {
  return name.slice(0, name.indexOf("}"));
}
