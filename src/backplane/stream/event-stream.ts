/**
 * The events of one namespace, in the one order of their offsets, as this node receives them. The broker
 * gives each event that this node sends an offset, stores it and publishes it in one step, and the event
 * comes back like those of all nodes. It does not know clients. {@link StreamPublisher} sends, and
 * {@link StreamSync} reads what this node missed.
 */

import { formatCursor } from "../../core/model/stream-position.ts";
import type { SubscriptionBus } from "../bus/subscriptions.ts";
import { Barriers, type Passed } from "./barriers.ts";
import { PassedMessages } from "./passed-messages.ts";
import { StreamChannels } from "./stream-channels.ts";
import {
  type HeardEvent,
  isLossMarker,
  messageKinds,
  type PassedMessage,
  readPair,
  type StreamEvent,
  type UnsequencedEvent,
} from "./stream-event.ts";
import type { StreamLink, StreamRef } from "./stream-link.ts";
import { type PublisherNode, type PublisherOwner, StreamPublisher } from "./stream-publisher.ts";
import { type ReaderNode, StreamReader } from "./stream-reader.ts";
import { StreamSync, type SyncNode, type SyncOwner } from "./stream-sync.ts";

/** Receives the events of a stream. */
export interface StreamListener {
  /**
   * The next event.
   *
   * @param isLate - whether it was read after a break: clients may have come since it was sent
   * @param isRepeated - whether the clients of that time have received it without an offset
   */
  onEvent(event: StreamEvent, isLate: boolean, isRepeated: boolean): void;
  /** An event that gets no offset, because the broker cannot be reached. */
  onUnsequenced(event: UnsequencedEvent): void;
  /** An event that the broker refuses. A loss marker follows. */
  onRefused(event: UnsequencedEvent): void;
  /** Some events for a target never got an offset. */
  onLoss(mark: StreamEvent): void;
  /** Unknown events were missed. Resolves when no client of this node can come back as it was. */
  onGap(): Promise<unknown>;
  /** Another node has claimed a client of this one. */
  onTaken(key: string, generation: number): void;
  /** Events may be missing: the stream was trimmed, or a new epoch began. */
  onBreak(): void;
  /** Events get offsets, for the first time or again. */
  onUp(): void;
  /** Events get no offsets, and the stream no longer waits for any. */
  onDetached(): void;
}

/** The port that a stream needs of its node. */
export interface StreamOwner extends PublisherNode, ReaderNode, SyncNode {
  readonly bus: SubscriptionBus;
  /** Another node has passed a message, and its earlier events were delivered. */
  onPassed(message: Uint8Array): void;
  /** There was a break: earlier messages of other nodes do not come any more. */
  onPassedBreak(): void;
  /** The broker refuses requests. */
  onRefused(error: unknown): void;
  /** The broker takes requests again. */
  onAccepted(): void;
  /** The broker refuses one event or record for its content. */
  onUnkept(what: Unkept, error: unknown): void;
  /** An event gets no offset; `isUnsent` where the broker cannot have it. */
  onUnshared(event: UnsequencedEvent, isUnsent: boolean): void;
}

/** Things that a broker may refuse for their content. */
export type Unkept = "event" | "client" | "message";

/** How much the broker keeps. */
export interface StreamBounds {
  readonly maxEvents: number;
  /** How long the broker keeps an event, in ms. */
  readonly age: number;
}

/** How much longer than events an idle epoch lasts. */
const keepFactor = 10;

/** The stream of one namespace in one node. */
export class EventStream implements PublisherOwner, SyncOwner {
  /** The namespace in the broker. */
  readonly place: StreamRef;
  readonly channels: StreamChannels;
  /** Keeps in step with the broker. */
  readonly sync: StreamSync;
  /** Sends the events and messages of this node. */
  readonly publisher: StreamPublisher;
  readonly #owner: StreamOwner;
  readonly #reader: StreamReader;
  readonly #barriers = new Barriers();
  readonly #passed: PassedMessages;
  #listener: StreamListener | null = null;
  #offset = 0;
  #isDetached = false;
  #waiting: (() => void)[] = [];
  /** What waits for a barrier that is sent at the end of this turn; `null` for nothing. */
  #passing: Passed[] | null = null;

  /**
   * @param name - the start of the names of all keys and channels
   * @param namespace - the namespace of the events
   * @param owner - the node
   * @param bounds - how much the broker keeps
   */
  constructor(name: string, namespace: string, owner: StreamOwner, bounds: StreamBounds) {
    this.place = { name, ...bounds, keep: keepFactor * bounds.age };
    this.#owner = owner;
    this.channels = new StreamChannels(name, owner.bus, owner.clock);
    this.#reader = new StreamReader(namespace, this.channels, owner);
    this.sync = new StreamSync(this.place, owner, this, this.#reader);
    this.#passed = new PassedMessages((message) => owner.onPassed(message));
    this.publisher = new StreamPublisher(namespace, owner, this);
  }

  /** Receives the events of the channels that it holds; `null` for none. */
  set listener(listener: StreamListener | null) {
    const channel = this.channels.node(this.#owner.node);
    if (listener !== null && this.#listener === null) this.channels.hold(channel);
    if (listener === null && this.#listener !== null) this.channels.release(channel);
    this.#listener = listener;
  }

  /** Whether the stream has no listener and nothing pending. */
  get isUnused(): boolean {
    const { isDrained, hasLosses } = this.publisher;
    return this.#listener === null && isDrained && !hasLosses;
  }

  /** The latest offset that was delivered or skipped here. */
  get offset(): number {
    return this.#offset;
  }

  /** The position after the latest event that was delivered here. */
  get cursor(): string {
    const { epoch } = this.sync;
    return formatCursor(epoch === "" ? "none" : epoch, this.#offset);
  }

  /** Whether events are delivered without waiting for offsets. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /**
   * The latest offset, if every later event on a channel is received here; `undefined` when that is not
   * known. Then {@link StreamPublisher.head} tells the offset.
   */
  offsetOn(channel: string): number | undefined {
    const since = this.channels.since(channel);
    if (since === undefined || !this.sync.isUp || !this.publisher.isIdle) return undefined;
    return Math.max(since, this.#offset);
  }

  /** Resolves when events get offsets, or the stream no longer waits for them. */
  settled(): Promise<void> {
    if (this.sync.isUp || this.#isDetached) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Resolves when nothing is pending, or the stream no longer waits. */
  async drained(): Promise<void> {
    while (!this.publisher.isDrained && !this.#isDetached) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Whether messages that other nodes pass are received here. */
  get hears(): boolean {
    const isHeard = this.channels.confirmed(this.channels.everyone) === null;
    return this.#listener !== null && !this.#isDetached && isHeard;
  }

  /** The broker refuses the record of a client. */
  refuseClient(error: unknown): void {
    this.#owner.onUnkept("client", error);
  }

  /**
   * Calls back when every event that was published before has been received. Callers of one turn share a
   * barrier.
   *
   * @param passed - receives `false` after a break; it must not throw
   */
  barrier(passed: Passed): void {
    if (this.#passing !== null) {
      this.#passing.push(passed);
      return;
    }
    const waiting = [passed];
    this.#passing = waiting;
    queueMicrotask(() => {
      this.#passing = null;
      const id = this.#barriers.add((isWhole) => {
        for (const each of waiting) each(isWhole);
      });
      this.sync
        .ask((link, place, epoch) => link.barrier(place, epoch, this.#owner.node, id))
        .catch(() => this.#barriers.take(id)?.(false));
    });
  }

  /** Does periodic work. */
  tick(): void {
    if (!this.sync.isUp) return;
    this.#passed.forget();
    this.publisher.markLosses();
    // Without this a node that receives little would have much to read after a break.
    if (this.#listener !== null) this.barrier(() => {});
  }

  /** The node has a connection, and its subscriptions are confirmed. */
  onLink(link: StreamLink): void {
    // Events that are sent now get their offsets in a moment.
    this.#isDetached = false;
    this.sync.onLink(link);
  }

  /** The node has lost its connection. */
  onDown(): void {
    this.sync.onDown();
    this.onSettled();
  }

  /** Stops waiting for offsets: delivers pending events without them. */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.publisher.abandonSent();
    this.sync.pause();
    const pending = this.publisher.takePending();
    this.#listener?.onDetached();
    this.publisher.abandon(pending);
    this.#passed.giveUp();
    this.#owner.onPassedBreak();
    this.publisher.forgetPassing();
    this.onSettled();
  }

  /** Delivers an event that gets no offset. */
  onUnsequenced(event: UnsequencedEvent, isUnsent: boolean): void {
    this.#owner.onUnshared(event, isUnsent);
    this.#listener?.onUnsequenced(event);
  }

  /** Delivers an event that the broker refuses. */
  onEventRefused(event: UnsequencedEvent): void {
    this.#listener?.onRefused(event);
  }

  /** Wakes those that wait for pending events, or for the stream. */
  onSettled(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Receives a message on a channel. Each kind is allowed on certain channels only. */
  onMessage(channel: string, bytes: Uint8Array): void {
    if (!this.#reader.isPlaced(channel, bytes[0])) return;
    switch (bytes[0]) {
      case messageKinds.event: {
        const heard = this.#reader.heard(channel, bytes);
        if (heard !== null) this.sync.receive(heard);
        break;
      }
      case messageKinds.barrier: {
        const [id, offset] = readPair(bytes);
        this.#onBarrier(Number(id), Number(offset));
        break;
      }
      case messageKinds.passed: {
        const passed = this.#reader.passed(channel, bytes);
        if (passed !== null && passed.origin !== this.#owner.node) this.#onPassed(passed);
        break;
      }
      case messageKinds.gap:
        void this.sync.onGap();
        break;
      case messageKinds.gone:
        this.sync.restart();
        break;
      case messageKinds.taken: {
        const [generation, key] = readPair(bytes);
        this.#listener?.onTaken(key, Number(generation));
        break;
      }
    }
  }

  onInterrupt(): void {
    this.publisher.onInterrupt();
    this.#barriers.fail();
  }

  onSkip(offset: number, isFirst: boolean): void {
    this.#offset = offset;
    this.channels.forgetOffsets();
    if (!isFirst) this.#listener?.onBreak();
  }

  onMissed(entries: readonly StreamEvent[]): void {
    for (const entry of entries) {
      for (const channel of this.channels.of(entry.target)) this.channels.note(channel, entry.offset);
      this.#deliver(entry, true);
    }
  }

  onHeard({ channel, entry }: HeardEvent): void {
    if (this.channels.isHeard(channel)) this.channels.note(channel, entry.offset);
    else for (const each of this.channels.of(entry.target)) this.channels.note(each, entry.offset);
    // An event may come on several channels.
    if (entry.offset > this.#offset) this.#deliver(entry, false);
  }

  onUp(waiting: readonly HeardEvent[]): void {
    this.#isDetached = false;
    this.#owner.onAccepted();
    for (const heard of waiting) this.onHeard(heard);
    for (const passed of this.#passed.takeAll()) this.#onPassed(passed);
    this.publisher.onUp();
    this.#listener?.onUp();
    this.#owner.onPassedBreak();
    this.onSettled();
  }

  onGap(): Promise<unknown> {
    return this.#listener?.onGap() ?? Promise.resolve();
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
    this.detach();
  }

  /** Ends the stream and its subscriptions. */
  close(): void {
    this.sync.close();
    this.#isDetached = true;
    this.channels.close();
    this.#listener = null;
    this.publisher.close();
    this.onSettled();
  }

  #onBarrier(id: number, offset: number): void {
    const passed = this.#barriers.take(id);
    // A barrier from before a break says nothing about later events.
    if (passed === undefined || !this.sync.isUp) return;
    this.#offset = Math.max(this.#offset, offset);
    this.publisher.sweep();
    this.publisher.goOn();
    passed(true);
  }

  #onPassed(passed: PassedMessage): void {
    if (!this.sync.isUp) this.#passed.hold(passed);
    else if (this.sync.keepsOrder) this.#owner.onPassed(passed.message);
    else if (this.#passed.add(passed)) {
      this.barrier((isWhole) => {
        // After a break it waits until the missed events are read.
        if (isWhole) this.#passed.onHeard(passed);
      });
    }
  }

  #deliver(entry: StreamEvent, isLate: boolean): void {
    this.#offset = entry.offset;
    const { origin, id } = entry;
    if (!this.sync.keepsOrder) this.#passed.onEvent(origin, id);
    const isOwn = entry.origin === this.#owner.node;
    if (isOwn) this.publisher.settle(id);
    this.publisher.sweep();
    if (isLossMarker(entry)) this.#listener?.onLoss(entry);
    else this.#listener?.onEvent(entry, isLate, isOwn && this.publisher.isAbandoned(id));
    if (!this.sync.keepsOrder) this.#passed.onDelivered(origin, id);
    this.publisher.goOn();
  }
}
