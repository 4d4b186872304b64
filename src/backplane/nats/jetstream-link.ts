/**
 * The link to NATS for recoverable namespaces. JetStream numbers their events, keeps them, and publishes them
 * again with their numbers. Only processes with clients for an event subscribe to its subject.
 */

import type { Msg, Subscription } from "@nats-io/transport-node";
import type { Clock, Timer } from "../../base/time/clock.ts";
import type { BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import { type MessageQueue, readQueue } from "../queue/queue-source.ts";
import { messageKinds, readPair } from "../stream/stream-event.ts";
import {
  type ClaimedClient,
  type ClientRecord,
  type KeptEntry,
  type KeptRecord,
  type LogEntry,
  nodeChannelIn,
  type StreamLink,
  type StreamRef,
} from "../stream/stream-link.ts";
import type { NatsLinkConnection } from "./borrowed-connection.ts";
import { JetStreamApi } from "./jetstream-api.ts";
import { channelsFor, JetStreamNames, nameOf, nodeOfChannel } from "./jetstream-names.ts";
import { JetStreamRecords } from "./jetstream-records.ts";
import { connectToNats, importNats, RoundTrips } from "./nats-connection.ts";

/**
 * Opens links.
 *
 * @param given - a message queue on NATS
 * @param channel - the beginning of all subjects and streams
 * @param clock - where time comes from
 * @param onOpen - gets each link that was opened
 */
export function jetStreamLinks(
  given: MessageQueue,
  channel: string,
  clock: Clock,
  onOpen: (link: StreamLink) => void,
): ConnectBroker {
  const queue = readQueue(given);
  return async (owner, signal) => {
    const client = await importNats();
    const connection = await connectToNats(client, queue, signal);
    const api = new JetStreamApi(client, connection, clock);
    try {
      await api.check();
    } catch (error) {
      await connection.close();
      throw error;
    }
    const link = new JetStreamLink(connection, api, channel, owner);
    onOpen(link);
    link.tidyFromTimeToTime(clock);
    return link;
  };
}

/** A subscribed channel. */
interface Heard {
  readonly subscription: Subscription;
  /** The number of its latest message, or one up to which none is missing; 0 where neither is known. */
  latest: number;
}

/** A namespace on this connection. */
interface Part {
  readonly names: JetStreamNames;
  /** Channels of which it is not known from which number on all messages come. */
  readonly quiet: Set<Heard>;
  /** The epoch; empty until it is known. */
  epoch: string;
}

/** Nanoseconds in a millisecond. */
const nanoseconds = 1_000_000;
/**
 * The longest age that is kept apart from "for ever", in ms: about 285 years. The broker counts ns in 64
 * bits.
 */
const longestAge = 9e12;

/** An age in ms as the broker's, in ns. */
function ageOf(milliseconds: number): number {
  return Math.min(milliseconds, longestAge) * nanoseconds;
}

/** How long the server recognises an event that is sent again, in ms. */
const repeatWindow = 30_000;
/** How much longer than an event a client's record is kept, in ms. */
const recordGrace = 1000;
/** Numbers begin with the time, so that none comes twice: this many for each second since 2025 began. */
const numbersPerSecond = 1_000_000;
const beginning = Date.UTC(2025, 0, 1);
/** Says that messages of a channel were missed. */
const gap = Uint8Array.of(messageKinds.gap);
/** Says that the streams of a namespace were removed. */
const gone = Uint8Array.of(messageKinds.gone);
/** How often unused streams are looked for, in ms, on average. */
const tidyInterval = 5 * 60_000;

/** See {@link jetStreamLinks}. */
class JetStreamLink implements StreamLink {
  readonly lifeSign = "answer";
  /** Stored messages take a longer way than others. */
  readonly keepsOrder = false;
  readonly #connection: NatsLinkConnection;
  readonly #api: JetStreamApi;
  readonly #channel: string;
  readonly #owner: BrokerLinkOwner;
  readonly #roundTrips: RoundTrips;
  readonly #heard = new Map<string, Heard>();
  /** By the beginning of the names of their channels. */
  readonly #parts = new Map<string, Part>();
  readonly #clients: JetStreamRecords;
  #nextTidying: Timer | null = null;

  constructor(connection: NatsLinkConnection, api: JetStreamApi, channel: string, owner: BrokerLinkOwner) {
    this.#connection = connection;
    this.#api = api;
    this.#channel = channel;
    this.#clients = new JetStreamRecords(api);
    this.#owner = owner;
    this.#roundTrips = new RoundTrips(connection);
    void connection.closed().then((error) => {
      owner.onLost(error instanceof Error ? error : new Error("The connection to NATS was lost."));
    });
  }

  async begin(place: StreamRef): Promise<{ epoch: string; head: number }> {
    const { maxEvents, age } = place;
    const part = this.#part(place.name);
    const { events, clients, allStored, allLive, allRecords } = part.names;
    await this.#api.provide({
      name: clients,
      subjects: [allRecords],
      max_age: ageOf(age + recordGrace),
      max_msgs_per_subject: 1,
      // The broker's own default would stand in the way of a later `begin` with a shorter age.
      duplicate_window: Math.min(age, repeatWindow) * nanoseconds,
    });
    const { created, now, last } = await this.#api.provide({
      name: events,
      subjects: [allStored],
      max_age: ageOf(age),
      max_msgs: maxEvents,
      duplicate_window: Math.min(age, repeatWindow) * nanoseconds,
      republish: { src: allStored, dest: allLive },
    });
    // In a cluster, a stream in memory comes back empty when its server does, and would count from 1 again.
    if (last === 0) {
      const seconds = Math.floor((now - beginning) / 1000);
      await this.#api.advance(events, seconds * numbersPerSecond);
    }
    part.epoch = created.toString(36);
    return { epoch: part.epoch, head: await this.#probe(part) };
  }

  async append(
    { name }: StreamRef,
    epoch: string,
    { origin, id, message, channels }: LogEntry,
  ): Promise<number> {
    const subject = this.#part(name).names.storedUnder(channels);
    return this.#api.store(subject, message, `${epoch}:${origin}:${id}`);
  }

  async head({ name }: StreamRef): Promise<number> {
    return this.#probe(this.#part(name));
  }

  async read(
    { name }: StreamRef,
    _epoch: string,
    number: number,
    most: number,
  ): Promise<{ head: number; entries: KeptEntry[] }> {
    const part = this.#part(name);
    const head = await this.#probe(part);
    const count = Math.min(Math.max(head - number, 0), most);
    const reads = Array.from({ length: count }, (_, index) =>
      this.#api.read(part.names.events, number + 1 + index),
    );
    const found = (await Promise.all(reads)).filter((message) => message !== null);
    return { head, entries: found.map((message) => ({ offset: message.number, message: message.data })) };
  }

  async pass(
    { name }: StreamRef,
    _epoch: string,
    channels: readonly string[],
    message: Uint8Array,
  ): Promise<void> {
    this.#api.send(this.#part(name).names.heardUnder(channels), message);
    await this.#roundTrips.make();
  }

  async barrier({ name }: StreamRef, epoch: string, node: string, id: number): Promise<void> {
    const part = this.#part(name);
    const number = await this.#probe(part);
    if (part.epoch === epoch)
      this.#owner.onMessage(nodeChannelIn(name, node), Buffer.from(`f${id}:${number}`));
  }

  async save({ name }: StreamRef, epoch: string, record: ClientRecord): Promise<number | null> {
    const part = this.#part(name);
    const [number, isSaved] = await Promise.all([
      this.#probe(part),
      this.#clients.save(part.names, epoch, record),
    ]);
    return isSaved ? number : null;
  }

  async find({ name }: StreamRef, epoch: string, key: string): Promise<KeptRecord | null> {
    return this.#clients.find(this.#part(name).names, epoch, key);
  }

  async claim(
    { name }: StreamRef,
    epoch: string,
    { key, node }: { readonly key: string; readonly node: string },
  ): Promise<ClaimedClient | null> {
    const { names } = this.#part(name);
    const taken = await this.#clients.claim(names, epoch, key, node);
    if (taken !== null && taken.from !== node) {
      this.#connection.publish(names.node(taken.from), `x${taken.generation}:${key}`);
    }
    return taken;
  }

  async drop({ name }: StreamRef, key: string, generation: number): Promise<unknown> {
    return this.#clients.drop(this.#part(name).names, key, generation);
  }

  async end({ name }: StreamRef): Promise<void> {
    const { names } = this.#part(name);
    this.#parts.delete(name);
    if ((await this.#api.count(names.clients)) === 0) await this.#removeUnheard(names);
  }

  /** Removes streams of processes that ended without doing so: now, and then from time to time. */
  tidyFromTimeToTime(clock: Clock): void {
    if (this.#connection.isClosed()) return;
    // The next time does what fails.
    this.#tidy().catch(() => {});
    this.#nextTidying = clock.after(tidyInterval * (0.5 + Math.random()), () =>
      this.tidyFromTimeToTime(clock),
    );
  }

  /** Events come from the streams, so there is nothing to publish. */
  publish(): Promise<void> {
    return Promise.resolve();
  }

  async subscribe(channels: readonly string[]): Promise<unknown> {
    for (const channel of channels.flatMap(channelsFor)) this.#hear(channel);
    return this.#roundTrips.make();
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels.flatMap(channelsFor)) this.#ignore(channel);
  }

  async ping(): Promise<unknown> {
    return this.#connection.flush();
  }

  close(): void {
    this.#nextTidying?.cancel();
    this.#connection.close().catch(() => {});
  }

  #part(name: string): Part {
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = { names: JetStreamNames.of(this.#channel, name), quiet: new Set(), epoch: "" };
      this.#parts.set(name, part);
    }
    return part;
  }

  #hear(channel: string): void {
    if (this.#heard.has(channel)) return;
    const part = this.#part(nameOf(channel));
    const node = nodeOfChannel(channel);
    const subject = node === null ? part.names.heardOn(channel) : part.names.node(node);
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) this.#owner.onLost(error);
        else if (message.headers === undefined && node === null) this.#onWord(channel, message.data);
        else if (node === null) this.#onEvent(channel, heard, part, message);
        else this.#onNodeMessage(channel, part, message.data);
      },
    });
    const heard: Heard = { subscription, latest: 0 };
    this.#heard.set(channel, heard);
    if (node === null) part.quiet.add(heard);
  }

  #ignore(channel: string): void {
    const heard = this.#heard.get(channel);
    if (heard === undefined) return;
    heard.subscription.unsubscribe();
    this.#heard.delete(channel);
    this.#part(nameOf(channel)).quiet.delete(heard);
  }

  #onNodeMessage(channel: string, { names }: Part, data: Uint8Array): void {
    if (data[0] === messageKinds.taken) this.#clients.forget(names, readPair(data)[1]);
    this.#owner.onMessage(channel, data);
  }

  /** Takes a message of another process, which does not come from a stream. */
  #onWord(channel: string, data: Uint8Array): void {
    // Other messages only ask whether the subject has listeners.
    if (data[0] === messageKinds.gone || data[0] === messageKinds.passed)
      this.#owner.onMessage(channel, data);
  }

  #onEvent(channel: string, heard: Heard, part: Part, { headers, data }: Msg): void {
    // Events from before the epoch is known are read afterwards.
    if (headers === undefined || part.epoch === "") return;
    const number = Number(headers.get("Nats-Sequence"));
    const before = Number(headers.get("Nats-Last-Sequence"));
    if (heard.latest === 0) part.quiet.delete(heard);
    else if (before > heard.latest) this.#owner.onMessage(channel, gap);
    heard.latest = number;
    this.#owner.onMessage(channel, Buffer.concat([Buffer.from(`e${part.epoch}:${number}:`), data]));
  }

  async #tidy(): Promise<void> {
    const streams = await this.#api.list(JetStreamNames.allRecords(this.#channel));
    for (const { name, subjects, messages } of streams) {
      const names = JetStreamNames.ofClients(this.#channel, name, subjects);
      if (names !== null && messages === 0) await this.#removeUnheard(names);
    }
  }

  /**
   * Removes the streams of a namespace that no process has clients in, and of which no client can come back.
   */
  async #removeUnheard({ clients, events, everyone }: JetStreamNames): Promise<void> {
    if (await this.#api.isHeard(everyone)) return;
    await this.#api.removeStream(clients);
    await this.#api.removeStream(events);
    // A process may have subscribed since.
    this.#connection.publish(everyone, gone);
  }

  /** Resolves to the latest number, in turn with the events that come. */
  async #probe({ names, quiet }: Part): Promise<number> {
    const before = [...quiet];
    const number = await this.#api.probe(names.probe);
    // A channel without messages until now has missed none up to that number.
    for (const heard of before) {
      if (quiet.delete(heard)) heard.latest = number;
    }
    return number;
  }
}
