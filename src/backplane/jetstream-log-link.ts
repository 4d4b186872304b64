/**
 * One connection to NATS for recoverable namespaces. JetStream keeps two streams of each, in memory:
 *
 *     <channel>-events-<namespace>    the events, each under its number; max. so many, so long
 *         <channel>.rec.<namespace>.b          for everybody
 *         <channel>.rec.<namespace>.r.<room>   for one room, or one client
 *         <channel>.rec.<namespace>.m          for several rooms
 *     <channel>-clients-<namespace>   what is known of clients: the latest record of each
 *         <channel>.cli.<namespace>.<pid>
 *
 * What is stored under `rec` the server publishes again under `live`, with its number and that of the message before it on
 * the same subject: processes listen there. They tell each other on `node.<namespace>.<node>`, which nobody stores.
 */

import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import type { BrokerLinkOwner, ConnectBroker } from "./broker-bus.ts";
import { JetStreamApi } from "./jetstream-api.ts";
import {
  type ClientRecord,
  everyoneIn,
  type KeptEntry,
  type LogEntry,
  type LogLink,
  type LogPlace,
  LogRefusal,
  nodeChannelIn,
} from "./log-link.ts";
import { channelToken, connectTo, encodeToken, importClient, RoundTrips } from "./nats-connection.ts";
import { messageKinds, readPair } from "./numbered-event.ts";

/**
 * How to open a link.
 *
 * @param url - `nats://` or `tls://`
 * @param channel - what all subjects and streams begin with
 * @param onOpen - is given each link that was opened
 */
export function jetStreamLinks(url: string, channel: string, onOpen: (link: LogLink) => void): ConnectBroker {
  return async (owner, signal) => {
    const client = await importClient();
    const connection = await connectTo(client, url, signal);
    const api = new JetStreamApi(client, connection);
    try {
      await api.check();
    } catch (error) {
      await connection.close();
      throw error;
    }
    const link = new JetStreamLogLink(connection, api, channelToken(channel), owner);
    onOpen(link);
    return link;
  };
}

/** A channel that is heard. */
interface Heard {
  readonly subscription: Subscription;
  /** The number of the latest message on it, or one before which none is missing; 0 where that is not known. */
  latest: number;
}

/** A namespace on this connection. */
interface Part {
  readonly events: string;
  readonly clients: string;
  readonly stored: string;
  readonly live: string;
  readonly records: string;
  readonly nodes: string;
  /** Channels of which it is not known from where on all is heard. */
  readonly quiet: Set<Heard>;
  /** Which numbering it is, once that is known. */
  epoch: string;
}

/** A record as it is stored. */
interface StoredRecord {
  readonly number: number;
  readonly generation: number;
  readonly node: string;
  readonly epoch: string;
  readonly json: string;
}

/** Nanoseconds in a millisecond. */
const nanoseconds = 1_000_000;
/** How long an event that is sent again is known, in ms. */
const repeatWindow = 30_000;
/** How much longer than an event a client's record is kept, in ms. */
const recordGrace = 1000;
/** Numbers begin with the time, so that they never do again: so many for each second since 2025 began. */
const numbersPerSecond = 1_000_000;
const beginning = Date.UTC(2025, 0, 1);
/** How often it is tried to take a client that others write of. */
const maxClaims = 10;

/** See above. */
class JetStreamLogLink implements LogLink {
  readonly #connection: NatsConnection;
  readonly #api: JetStreamApi;
  readonly #prefix: string;
  readonly #owner: BrokerLinkOwner;
  readonly #roundTrips: RoundTrips;
  readonly #heard = new Map<string, Heard>();
  /** By what the names of their channels begin with. */
  readonly #parts = new Map<string, Part>();
  /** Where the record of each client of this process is, by subject. It only saves looking for it. */
  readonly #records = new Map<string, number>();
  /** What is under way for each client, by subject. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(connection: NatsConnection, api: JetStreamApi, prefix: string, owner: BrokerLinkOwner) {
    this.#connection = connection;
    this.#api = api;
    this.#prefix = prefix;
    this.#owner = owner;
    this.#roundTrips = new RoundTrips(connection);
    void connection.closed().then((error) => {
      owner.onLost(error instanceof Error ? error : new Error("The connection to NATS was lost."));
    });
  }

  async begin(place: LogPlace): Promise<{ epoch: string; head: number }> {
    const { maxEvents, age } = place;
    const part = this.#part(place.name);
    const { events, clients, stored, live, records } = part;
    await this.#api.provide({
      name: clients,
      subjects: [`${records}.>`],
      max_age: (age + recordGrace) * nanoseconds,
      max_msgs_per_subject: 1,
    });
    const { created, now, last } = await this.#api.provide({
      name: events,
      subjects: [`${stored}.>`],
      max_age: age * nanoseconds,
      max_msgs: maxEvents,
      duplicate_window: Math.min(age, repeatWindow) * nanoseconds,
      republish: { src: `${stored}.>`, dest: `${live}.>` },
    });
    // In a cluster, a stream in memory comes back empty when its server does, and would count from 1 again.
    if (last === 0) {
      const seconds = Math.floor((now - beginning) / 1000);
      await this.#api.advance(events, seconds * numbersPerSecond);
    }
    part.epoch = created.toString(36);
    return { epoch: part.epoch, head: await this.#probe(part) };
  }

  append({ name }: LogPlace, epoch: string, { origin, id, message, channels }: LogEntry): Promise<number> {
    const { stored } = this.#part(name);
    const [channel = "", another] = channels;
    const subject = another === undefined ? subjectOf(channel) : severalRooms;
    return this.#api.store(`${stored}.${subject}`, message, `${epoch}:${origin}:${id}`);
  }

  head({ name }: LogPlace): Promise<number> {
    return this.#probe(this.#part(name));
  }

  async read(
    { name }: LogPlace,
    _epoch: string,
    number: number,
    most: number,
  ): Promise<{ head: number; entries: KeptEntry[] }> {
    const part = this.#part(name);
    const head = await this.#probe(part);
    const count = Math.min(Math.max(head - number, 0), most);
    const reads = Array.from({ length: count }, (_, index) =>
      this.#api.read(part.events, number + 1 + index),
    );
    const found = (await Promise.all(reads)).filter((message) => message !== null);
    return { head, entries: found.map((message) => ({ number: message.number, message: message.data })) };
  }

  async fence({ name }: LogPlace, epoch: string, node: string, id: number): Promise<void> {
    const part = this.#part(name);
    const number = await this.#probe(part);
    if (part.epoch === epoch)
      this.#owner.onMessage(nodeChannelIn(name, node), Buffer.from(`f${id}:${number}`));
  }

  async save({ name }: LogPlace, epoch: string, record: ClientRecord): Promise<number | null> {
    const part = this.#part(name);
    const subject = recordSubject(part, record.pid);
    const head = this.#probe(part);
    const isSaved = this.#inTurn(subject, () => this.#save(part, subject, epoch, record));
    const [number, isOwn] = await Promise.all([head, isSaved]);
    return isOwn ? number : null;
  }

  async claim(
    { name }: LogPlace,
    epoch: string,
    { pid, node }: { readonly pid: string; readonly node: string },
  ): Promise<{ generation: number; json: string } | null> {
    const part = this.#part(name);
    const subject = recordSubject(part, pid);
    return this.#inTurn(subject, async () => {
      for (let attempt = 1; attempt <= maxClaims; attempt += 1) {
        const record = await this.#find(part, subject);
        if (record === null) return null;
        if (record.epoch !== epoch) {
          await this.#api.remove(part.clients, record.number);
          return null;
        }
        const generation = record.generation + 1;
        const taken = { ...record, generation, node };
        const stored = await this.#api.replace(subject, encodeRecord(taken), record.number);
        if (!("number" in stored)) continue;
        this.#records.set(subject, stored.number);
        if (record.node !== node) {
          this.#connection.publish(`${part.nodes}.${encodeToken(record.node)}`, `x${generation}:${pid}`);
        }
        return { generation, json: record.json };
      }
      throw new LogRefusal(`The record on ${subject} changes all the time.`);
    });
  }

  drop({ name }: LogPlace, pid: string, generation: number): Promise<unknown> {
    const part = this.#part(name);
    const subject = recordSubject(part, pid);
    return this.#inTurn(subject, async () => {
      const known = this.#records.get(subject);
      this.#records.delete(subject);
      if (known !== undefined) return this.#api.remove(part.clients, known);
      const record = await this.#find(part, subject);
      if (record?.generation === generation) await this.#api.remove(part.clients, record.number);
    });
  }

  /** What is to be heard comes from the streams. */
  publish(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(channels: readonly string[]): Promise<unknown> {
    for (const channel of channels) {
      const name = nameOf(channel);
      this.#hear(channel, name);
      if (channel === everyoneIn(name)) this.#hear(severalIn(name), name);
    }
    return this.#roundTrips.make();
  }

  unsubscribe(channels: readonly string[]): Promise<unknown> {
    for (const channel of channels) {
      const name = nameOf(channel);
      this.#ignore(channel, name);
      if (channel === everyoneIn(name)) this.#ignore(severalIn(name), name);
    }
    return Promise.resolve();
  }

  ping(): Promise<unknown> {
    return this.#connection.flush();
  }

  close(): void {
    this.#connection.close().catch(() => {});
  }

  #part(name: string): Part {
    let part = this.#parts.get(name);
    if (part === undefined) {
      const namespace = namespaceToken(name);
      part = {
        events: `${this.#prefix}-events-${namespace}`,
        clients: `${this.#prefix}-clients-${namespace}`,
        stored: `${this.#prefix}.rec.${namespace}`,
        live: `${this.#prefix}.live.${namespace}`,
        records: `${this.#prefix}.cli.${namespace}`,
        nodes: `${this.#prefix}.node.${namespace}`,
        quiet: new Set(),
        epoch: "",
      };
      this.#parts.set(name, part);
    }
    return part;
  }

  #hear(channel: string, name: string): void {
    if (this.#heard.has(channel)) return;
    const part = this.#part(name);
    const node = nodeOf(channel, name);
    const subject =
      node === null ? `${part.live}.${subjectOf(channel)}` : `${part.nodes}.${encodeToken(node)}`;
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) this.#owner.onLost(error);
        else if (node !== null) this.#onNodeMessage(channel, part, message.data);
        else this.#onEvent(channel, heard, part, message);
      },
    });
    const heard: Heard = { subscription, latest: 0 };
    this.#heard.set(channel, heard);
    if (node === null) part.quiet.add(heard);
  }

  #ignore(channel: string, name: string): void {
    const heard = this.#heard.get(channel);
    if (heard === undefined) return;
    heard.subscription.unsubscribe();
    this.#heard.delete(channel);
    this.#part(name).quiet.delete(heard);
  }

  #onNodeMessage(channel: string, part: Part, data: Uint8Array): void {
    // Whoever has taken a client writes of it from now on.
    if (data[0] === messageKinds.taken) this.#records.delete(recordSubject(part, readPair(data)[1]));
    this.#owner.onMessage(channel, data);
  }

  #onEvent(channel: string, heard: Heard, part: Part, { headers, data }: Msg): void {
    // What comes before the numbering is known is read afterwards.
    if (headers === undefined || part.epoch === "") return;
    const number = Number(headers.get("Nats-Sequence"));
    const before = Number(headers.get("Nats-Last-Sequence"));
    if (heard.latest === 0) part.quiet.delete(heard);
    else if (before > heard.latest) this.#owner.onMessage(channel, gap);
    heard.latest = number;
    this.#owner.onMessage(channel, Buffer.concat([Buffer.from(`e${part.epoch}:${number}:`), data]));
  }

  /** Resolves to the latest number, in turn with the events that come. */
  async #probe(part: Part): Promise<number> {
    const quiet = [...part.quiet];
    const number = await this.#api.probe(`${part.stored}.h`);
    // Who has heard nothing until now has missed nothing before that number.
    for (const heard of quiet) {
      if (part.quiet.delete(heard)) heard.latest = number;
    }
    return number;
  }

  async #save(part: Part, subject: string, epoch: string, record: ClientRecord): Promise<boolean> {
    const bytes = encodeRecord({ ...record, epoch });
    let known = this.#records.get(subject) ?? 0;
    for (let attempt = 1; attempt <= maxClaims; attempt += 1) {
      // Where nothing should be known of it, something may be all the same: its answer was lost with a connection.
      const stored = known > 0 || record.isNew ? await this.#api.replace(subject, bytes, known) : null;
      if (stored !== null && "number" in stored) {
        this.#records.set(subject, stored.number);
        return true;
      }
      const found = await this.#find(part, subject);
      const isOwn = found?.generation === record.generation && found.node === record.node;
      if (found === null ? !record.isNew : !isOwn) {
        this.#records.delete(subject);
        return false;
      }
      known = found?.number ?? 0;
    }
    throw new LogRefusal(`The record on ${subject} changes all the time.`);
  }

  async #find(part: Part, subject: string): Promise<StoredRecord | null> {
    const message = await this.#api.latest(part.clients, subject);
    return message === null ? null : decodeRecord(message.number, message.data);
  }

  /** One after the other for each client. */
  #inTurn<T>(subject: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(subject) ?? Promise.resolve()).then(act, act);
    this.#turns.set(subject, turn);
    const end = () => {
      if (this.#turns.get(subject) === turn) this.#turns.delete(subject);
    };
    turn.then(end, end);
    return turn;
  }
}

/** Says that something on a channel was not heard. */
const gap = Uint8Array.of(messageKinds.gap);
/** Where events for several rooms go: everybody hears of them who has clients in the namespace. */
const severalRooms = "m";

function severalIn(name: string): string {
  return `${name}:${severalRooms}`;
}

/** What the names of a channel's namespace begin with. */
function nameOf(channel: string): string {
  return channel.slice(0, channel.indexOf("}") + 1);
}

/** The namespace within a name, fit for subjects and streams. */
function namespaceToken(name: string): string {
  const namespace = decodeURIComponent(name.slice(name.indexOf("{") + 1, -1));
  const plain = namespace.slice(1);
  return /^[A-Za-z0-9-]+$/.test(plain) ? plain : encodeToken(plain);
}

/** The subject of a channel within its namespace. */
function subjectOf(channel: string): string {
  const rest = channel.slice(channel.indexOf("}") + 2);
  return rest.startsWith("r:") ? `r.${encodeToken(rest.slice(2))}` : rest;
}

/** The process whose channel it is; `null` for none. */
function nodeOf(channel: string, name: string): string | null {
  const start = nodeChannelIn(name, "");
  return channel.startsWith(start) ? channel.slice(start.length) : null;
}

function recordSubject({ records }: Part, pid: string): string {
  return `${records}.${encodeToken(pid)}`;
}

function encodeRecord({ generation, node, epoch, json }: Omit<StoredRecord, "number">): Uint8Array {
  return Buffer.from(`${generation} ${node} ${epoch} ${json}`);
}

function decodeRecord(number: number, data: Uint8Array): StoredRecord | null {
  const [, generation, node, epoch, json] =
    /^(\d+) (\S+) (\S+) (.*)$/s.exec(Buffer.from(data).toString()) ?? [];
  if (node === undefined || epoch === undefined || json === undefined) return null;
  return { number, generation: Number(generation), node, epoch, json };
}
