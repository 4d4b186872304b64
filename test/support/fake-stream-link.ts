/**
 * A broker for recoverable namespaces in memory, and its links. A test decides what fails and when.
 * The port's conformance suite runs against it, so it behaves as Redis and JetStream do.
 *
 *     link ── requests ──▶ broker ── answers ───▶ link
 *                                 └─ messages ──▶ link's owner
 *
 * Each arrow is a lane that a test can hold. A request on its lane is lost when the link breaks. So is an
 * answer, but then the broker has done the work.
 */

import type { BrokerLinkOwner, ConnectBroker } from "../../src/backplane/bus/broker-bus.ts";
import type { LogBroker } from "../../src/backplane/recovery/broker-recovery.ts";
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
} from "../../src/backplane/stream/stream-link.ts";
import type { Clock } from "../../src/base/time/clock.ts";
import type { OpenStayData } from "../../src/core/recovery/membership-history.ts";

/** How a broker behaves. */
export interface FakeBrokerOptions {
  /**
   * Whether passed messages stay in the order of events, as in Redis but not in JetStream. Default `true`.
   */
  readonly keepsOrder?: boolean;
  /** The largest message that the broker stores, in bytes. Default 1 MiB. */
  readonly maxBytes?: number;
  /** What the broker does with a larger message: it refuses, or ends the connection without an answer. */
  readonly onTooLarge?: "refuse" | "disconnect";
}

/** A request to the broker. */
export type BrokerCall = Exclude<keyof StreamLink, "keepsOrder" | "publish" | "ping" | "close">;

interface KeptEvent extends KeptEntry {
  /** When it was stored, in ms. */
  readonly at: number;
}

interface Record {
  readonly epoch: string;
  readonly generation: number;
  readonly node: string;
  readonly json: string;
  readonly memberships: ReadonlyMap<string, OpenStayData>;
  /** When the record expires, in ms. */
  readonly until: number;
  readonly writtenAt: number;
}

/** A namespace in the broker. */
interface Namespace {
  epoch: string;
  head: number;
  /** When the epoch ends unless it is used, in ms. */
  until: number;
  /** How many events it stores, and for how long, in ms. */
  bounds: { readonly maxEvents: number; readonly age: number };
  events: KeptEvent[];
  /** The offset of each node's latest event. */
  readonly latest: Map<string, number>;
  readonly records: Map<string, Record>;
}

/** Traffic in one direction of a connection, in order. */
class Lane {
  #waiting: (() => void)[] = [];
  #isHeld = false;
  #isScheduled = false;

  /** How many items are in transit. */
  get length(): number {
    return this.#waiting.length;
  }

  push(arrive: () => void): void {
    this.#waiting.push(arrive);
    this.#schedule();
  }

  /** Holds items in transit until {@link Lane.release}. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** Lets the first held item arrive, and holds the rest. */
  step(): void {
    this.#waiting.shift()?.();
  }

  /** Drops all items in transit. */
  clear(): void {
    this.#waiting = [];
  }

  #schedule(): void {
    if (this.#isHeld || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      while (!this.#isHeld) {
        const arrive = this.#waiting.shift();
        if (arrive === undefined) return;
        arrive();
      }
    });
  }
}

/** A broker in memory whose faults a test decides. */
export class FakeStreamBroker implements LogBroker {
  readonly name = "The fake broker";
  readonly keepsOrder: boolean;
  /** The open links, the oldest first. */
  readonly open: FakeStreamLink[] = [];
  /** Whether it accepts new connections. */
  isThere = true;
  /** Every call that it has executed or refused, in order. */
  readonly calls: BrokerCall[] = [];
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #onTooLarge: "refuse" | "disconnect";
  readonly #namespaces = new Map<string, Namespace>();
  readonly #refusals = new Map<BrokerCall, BrokerError>();
  #epochs = 0;

  constructor(
    clock: Clock,
    { keepsOrder = true, maxBytes = 2 ** 20, onTooLarge = "refuse" }: FakeBrokerOptions = {},
  ) {
    this.#clock = clock;
    this.keepsOrder = keepsOrder;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  links(onOpen: (link: StreamLink) => void): ConnectBroker {
    return (owner) => {
      if (!this.isThere) return Promise.reject(new Error("The fake broker is not there."));
      const link = this.connect(owner);
      onOpen(link);
      return Promise.resolve(link);
    };
  }

  /** Opens a link. */
  connect(owner: BrokerLinkOwner): FakeStreamLink {
    const link = new FakeStreamLink(this, owner);
    this.open.push(link);
    return link;
  }

  /** Ends all connections; stored data stays. */
  disconnect(): void {
    for (const link of [...this.open]) link.break();
  }

  /** Ends all connections and forgets everything, like an in-memory server that restarts. */
  restart(): void {
    this.disconnect();
    this.#namespaces.clear();
  }

  /** Refuses every call of this kind, until {@link FakeStreamBroker.accept}. */
  refuse(call: BrokerCall, error = new BrokerError("The fake broker refuses it.")): void {
    this.#refusals.set(call, error);
  }

  accept(call: BrokerCall): void {
    this.#refusals.delete(call);
  }

  /** Deletes the events of a namespace up to an offset. */
  trim(name: string, offset: number): void {
    const namespace = this.#namespace(name);
    namespace.events = namespace.events.filter((event) => event.offset > offset);
  }

  /** Deletes the offsets and events of a namespace: the next use begins an epoch. Client records stay. */
  forgetOffsets(name: string): void {
    const namespace = this.#namespace(name);
    namespace.epoch = "";
    namespace.head = 0;
    namespace.events = [];
  }

  /** Publishes bytes that no node has asked for. */
  publish(channel: string, bytes: Uint8Array): void {
    for (const link of this.open) link.hear(channel, bytes);
  }

  /** The stored offsets of a namespace. */
  offsets(name: string): number[] {
    return this.#namespace(name).events.map((event) => event.offset);
  }

  /** The stored messages of a namespace. */
  messages(name: string): Uint8Array[] {
    return this.#namespace(name).events.map((event) => event.message);
  }

  /** The stored record of a client; `undefined` without one. */
  record(name: string, key: string): Pick<Record, "generation" | "node" | "json"> | undefined {
    return this.#record(this.#namespace(name), key);
  }

  /** How many client records it stores. */
  recordCount(name: string): number {
    const namespace = this.#namespace(name);
    return [...namespace.records.keys()].filter((key) => this.#record(namespace, key) !== undefined).length;
  }

  /** @throws {@link BrokerError} if a test has it refuse such calls */
  check(call: BrokerCall): void {
    this.calls.push(call);
    const refusal = this.#refusals.get(call);
    if (refusal !== undefined) throw refusal;
  }

  begin({ name, keep }: StreamRef): { epoch: string; head: number } {
    const namespace = this.#namespace(name);
    if (namespace.epoch === "") {
      this.#epochs += 1;
      namespace.epoch = `epoch${this.#epochs}`;
    }
    namespace.until = this.#clock.now() + keep;
    return { epoch: namespace.epoch, head: namespace.head };
  }

  append(
    ref: StreamRef,
    epoch: string,
    { origin, id, message, channels }: LogEntry,
    by: FakeStreamLink,
  ): number {
    const namespace = this.#inEpoch(ref.name, epoch);
    this.#checkSize(message, by);
    if (id <= (namespace.latest.get(origin) ?? 0)) return 0;
    namespace.latest.set(origin, id);
    namespace.head += 1;
    namespace.until = this.#clock.now() + ref.keep;
    namespace.events.push({ offset: namespace.head, message, at: this.#clock.now() });
    namespace.bounds = ref;
    this.#tidy(namespace);
    const heard = Buffer.concat([Buffer.from(`e${epoch}:${namespace.head}:`), message]);
    for (const channel of channels) this.publish(channel, heard);
    return namespace.head;
  }

  head({ name }: StreamRef, epoch: string): number {
    return this.#inEpoch(name, epoch).head;
  }

  read(
    { name }: StreamRef,
    epoch: string,
    after: number,
    most: number,
  ): { head: number; entries: KeptEntry[] } {
    const namespace = this.#inEpoch(name, epoch);
    this.#tidy(namespace);
    const entries = namespace.events.filter(({ offset }) => offset > after).slice(0, most);
    return { head: namespace.head, entries: entries.map(({ offset, message }) => ({ offset, message })) };
  }

  pass(
    { name }: StreamRef,
    epoch: string,
    channels: readonly string[],
    message: Uint8Array,
    by: FakeStreamLink,
  ) {
    this.#inEpoch(name, epoch);
    this.#checkSize(message, by);
    for (const channel of channels) {
      if (this.keepsOrder) this.publish(channel, message);
      // It may overtake events in transit, and none overtakes it.
      else for (const link of [...this.open]) link.hearNow(channel, message);
    }
  }

  barrier({ name }: StreamRef, epoch: string, node: string, id: number): void {
    const { head } = this.#inEpoch(name, epoch);
    this.publish(nodeChannelIn(name, node), Buffer.from(`f${id}:${head}`));
  }

  save({ name }: StreamRef, epoch: string, record: ClientRecord, by: FakeStreamLink): number | null {
    const namespace = this.#inEpoch(name, epoch);
    const { key, generation, node, json, isNew, time } = record;
    this.#checkSize(Buffer.from(json), by);
    const known = this.#record(namespace, key);
    const isOwn = known?.generation === generation && known.node === node;
    if (known === undefined ? !isNew : !isOwn) return null;
    const memberships = new Map(isNew ? [] : known?.memberships);
    for (const each of isNew ? record.stays() : record.changes.set) memberships.set(each[0], each);
    if (!isNew) for (const room of record.changes.ended) memberships.delete(room);
    const until = this.#clock.now() + time;
    namespace.records.set(key, {
      epoch,
      generation,
      node,
      json,
      memberships,
      until,
      writtenAt: this.#clock.now(),
    });
    return namespace.head;
  }

  find({ name }: StreamRef, epoch: string, key: string): KeptRecord | null {
    const record = this.#record(this.#inEpoch(name, epoch), key);
    if (record === undefined || record.epoch !== epoch) return null;
    return { json: record.json, stays: [...record.memberships.values()].reverse() };
  }

  claim(
    { name }: StreamRef,
    epoch: string,
    { key, node, time }: { readonly key: string; readonly node: string; readonly time: number },
  ): ClaimedClient | null {
    const namespace = this.#inEpoch(name, epoch);
    const record = this.#record(namespace, key);
    if (record === undefined) return null;
    if (record.epoch !== epoch) {
      namespace.records.delete(key);
      return null;
    }
    const generation = record.generation + 1;
    namespace.records.set(key, { ...record, generation, node, until: this.#clock.now() + time });
    if (record.node !== node) {
      this.publish(nodeChannelIn(name, record.node), Buffer.from(`x${generation}:${key}`));
    }
    const stays = [...record.memberships.values()].reverse();
    return { generation, json: record.json, stays, age: this.#clock.now() - record.writtenAt };
  }

  drop({ name }: StreamRef, key: string, generation: number): void {
    const namespace = this.#namespace(name);
    if (namespace.records.get(key)?.generation === generation) namespace.records.delete(key);
  }

  #namespace(name: string): Namespace {
    let namespace = this.#namespaces.get(name);
    if (namespace === undefined) {
      const bounds = { maxEvents: 0, age: 0 };
      namespace = { epoch: "", head: 0, until: 0, bounds, events: [], latest: new Map(), records: new Map() };
      this.#namespaces.set(name, namespace);
    }
    if (namespace.epoch !== "" && namespace.until <= this.#clock.now()) this.forgetOffsets(name);
    return namespace;
  }

  #inEpoch(name: string, epoch: string): Namespace {
    const namespace = this.#namespace(name);
    if (namespace.epoch === epoch) return namespace;
    throw new BrokerError("The offsets begin again.", { isEpochOver: true });
  }

  #record({ records }: Namespace, key: string): Record | undefined {
    const record = records.get(key);
    return record === undefined || record.until <= this.#clock.now() ? undefined : record;
  }

  #tidy(namespace: Namespace): void {
    const { maxEvents, age } = namespace.bounds;
    const oldest = this.#clock.now() - age;
    namespace.events = namespace.events.slice(-maxEvents).filter(({ at }) => at > oldest);
  }

  #checkSize({ length }: Uint8Array, by: FakeStreamLink): void {
    if (length <= this.#maxBytes) return;
    if (this.#onTooLarge === "disconnect") by.break();
    throw new BrokerError("The fake broker takes no message of that size.", { isTooLarge: true });
  }
}

/** A link to the fake broker. */
export class FakeStreamLink implements StreamLink {
  readonly keepsOrder: boolean;
  readonly requests = new Lane();
  readonly answers = new Lane();
  readonly messages = new Lane();
  readonly #broker: FakeStreamBroker;
  readonly #owner: BrokerLinkOwner;
  readonly #channels = new Set<string>();
  /** Rejects the calls still without an answer. */
  readonly #unanswered = new Set<(error: Error) => void>();
  #isOpen = true;

  constructor(broker: FakeStreamBroker, owner: BrokerLinkOwner) {
    this.#broker = broker;
    this.#owner = owner;
    this.keepsOrder = broker.keepsOrder;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The connection ends: everything in transit is lost. */
  break(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#owner.onLost(new Error("The connection to the fake broker was lost."));
  }

  close(): void {
    this.#isOpen = false;
    const index = this.#broker.open.indexOf(this);
    if (index >= 0) this.#broker.open.splice(index, 1);
    for (const lane of [this.requests, this.answers, this.messages]) lane.clear();
    for (const reject of this.#unanswered) reject(new Error("The connection to the fake broker was lost."));
    this.#unanswered.clear();
  }

  /** The broker publishes a message. */
  hear(channel: string, bytes: Uint8Array): void {
    if (this.#channels.has(channel)) this.messages.push(() => this.#owner.onMessage(channel, bytes));
  }

  /** The same, ahead of all messages in transit. */
  hearNow(channel: string, bytes: Uint8Array): void {
    if (this.#channels.has(channel)) this.#owner.onMessage(channel, bytes);
  }

  begin(place: StreamRef): Promise<{ readonly epoch: string; readonly head: number }> {
    return this.#ask("begin", () => this.#broker.begin(place));
  }

  append(place: StreamRef, epoch: string, entry: LogEntry): Promise<number> {
    return this.#ask("append", () => this.#broker.append(place, epoch, entry, this));
  }

  head(place: StreamRef, epoch: string): Promise<number> {
    return this.#ask("head", () => this.#broker.head(place, epoch));
  }

  read(
    place: StreamRef,
    epoch: string,
    offset: number,
    most: number,
  ): Promise<{ readonly head: number; readonly entries: readonly KeptEntry[] }> {
    return this.#ask("read", () => this.#broker.read(place, epoch, offset, most));
  }

  pass(place: StreamRef, epoch: string, channels: readonly string[], message: Uint8Array): Promise<unknown> {
    return this.#ask("pass", () => this.#broker.pass(place, epoch, channels, message, this));
  }

  barrier(place: StreamRef, epoch: string, node: string, id: number): Promise<unknown> {
    return this.#ask("barrier", () => this.#broker.barrier(place, epoch, node, id));
  }

  save(place: StreamRef, epoch: string, record: ClientRecord): Promise<number | null> {
    return this.#ask("save", () => this.#broker.save(place, epoch, record, this));
  }

  find(place: StreamRef, epoch: string, key: string): Promise<KeptRecord | null> {
    return this.#ask("find", () => this.#broker.find(place, epoch, key));
  }

  claim(
    place: StreamRef,
    epoch: string,
    client: { readonly key: string; readonly node: string; readonly time: number },
  ): Promise<ClaimedClient | null> {
    return this.#ask("claim", () => this.#broker.claim(place, epoch, client));
  }

  drop(place: StreamRef, key: string, generation: number): Promise<unknown> {
    return this.#ask("drop", () => this.#broker.drop(place, key, generation));
  }

  end(): Promise<unknown> {
    return this.#ask("end", () => {});
  }

  subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#ask("subscribe", () => {
      for (const channel of channels) this.#channels.add(channel);
    });
  }

  unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#ask("unsubscribe", () => {
      for (const channel of channels) this.#channels.delete(channel);
    });
  }

  /** Events and passed messages have calls of their own. */
  publish(): Promise<unknown> {
    return Promise.resolve();
  }

  ping(): Promise<unknown> {
    return this.#isOpen ? Promise.resolve() : Promise.reject(new Error("The connection was closed."));
  }

  #ask<Answer>(call: BrokerCall, act: () => Answer): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (!this.#isOpen) {
        reject(new Error("The connection was closed."));
        return;
      }
      this.#unanswered.add(reject);
      const answer = (settle: () => void) =>
        this.answers.push(() => {
          this.#unanswered.delete(reject);
          settle();
        });
      this.requests.push(() => {
        try {
          this.#broker.check(call);
          const value = act();
          answer(() => resolve(value));
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }
}
