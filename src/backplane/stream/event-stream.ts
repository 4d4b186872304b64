/**
 * The events of one namespace, in the one order of their offsets, as this node receives them. The broker
 * gives each event that this node sends an offset, stores it and publishes it in one step, and the event
 * comes back like those of all nodes. After a lost connection the stream reads what it missed. It does not
 * know clients.
 *
 * Over 400 lines: receiving and catching up change one state (`down`, `syncing`, `up`) and one offset
 * together. {@link StreamPublisher} sends.
 */

import type { Clock } from "../../base/time/clock.ts";
import { formatCursor } from "../../core/model/stream-position.ts";
import { eventProblem } from "../../protocol/socket-packet-encoder.ts";
import type { OpenRequests, Suspect } from "../bus/open-requests.ts";
import type { SubscriptionBus } from "../bus/subscriptions.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { signedMark } from "../wire/signed-messages.ts";
import { Barriers, type Passed } from "./barriers.ts";
import { CatchUpBuffer } from "./catch-up-buffer.ts";
import { PassedMessages } from "./passed-messages.ts";
import { ReadCache, type StreamPart } from "./read-cache.ts";
import { StreamChannels } from "./stream-channels.ts";
import {
  type HeardEvent,
  isLossMarker,
  messageKinds,
  type PassedMessage,
  readEntry,
  readHeard,
  readPair,
  readPassed,
  type StreamEvent,
  type UnsequencedEvent,
} from "./stream-event.ts";
import { BrokerError, type StreamLink, type StreamRef } from "./stream-link.ts";
import { type PublisherNode, type PublisherOwner, StreamPublisher } from "./stream-publisher.ts";

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
export interface StreamOwner extends PublisherNode, MessageProblemListener {
  readonly clock: Clock;
  readonly bus: SubscriptionBus;
  /** Requests without an answer of the broker. */
  readonly requests: OpenRequests;
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
}

/** Things that a broker may refuse for their content. */
export type Unkept = "event" | "client" | "message";

/** How much the broker keeps. */
export interface StreamBounds {
  readonly maxEvents: number;
  /** How long the broker keeps an event, in ms. */
  readonly age: number;
}

const colon = 0x3a;
/** The most events of one read. */
const chunk = 500;
/** How much longer than events an idle epoch lasts. */
const keepFactor = 10;
/** How long to wait after a refusal, in ms. */
const retryDelay = 1000;

/** The stream of one namespace in one node. */
export class EventStream implements PublisherOwner {
  /** The start of the names of all keys and channels. */
  readonly name: string;
  readonly channels: StreamChannels;
  /** Sends the events and messages of this node. */
  readonly publisher: StreamPublisher;
  /** The namespace in the broker. */
  readonly place: StreamRef;
  readonly #namespace: string;
  readonly #owner: StreamOwner;
  readonly #cache: ReadCache;
  readonly #buffer = new CatchUpBuffer();
  readonly #barriers = new Barriers();
  readonly #passed: PassedMessages;
  #listener: StreamListener | null = null;
  #epoch = "";
  #offset = 0;
  #link: StreamLink | null = null;
  #state: "down" | "syncing" | "up" = "down";
  #isDetached = false;
  #attempt = 0;
  #waiting: (() => void)[] = [];

  /**
   * @param name - the start of the names of all keys and channels
   * @param namespace - the namespace of the events
   * @param owner - the node
   * @param bounds - how much the broker keeps
   */
  constructor(name: string, namespace: string, owner: StreamOwner, bounds: StreamBounds) {
    this.name = name;
    this.#namespace = namespace;
    this.place = { name, ...bounds, keep: keepFactor * bounds.age };
    this.#owner = owner;
    this.#cache = new ReadCache((offset) => this.#readNow(offset), owner.clock);
    this.channels = new StreamChannels(name, owner.bus, owner.clock);
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

  /** The epoch; empty before the first. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The latest offset that was delivered or skipped here. */
  get offset(): number {
    return this.#offset;
  }

  /** The position after the latest event that was delivered here. */
  get cursor(): string {
    return formatCursor(this.#epoch === "" ? "none" : this.#epoch, this.#offset);
  }

  /** Whether events get offsets now. */
  get isUp(): boolean {
    return this.#state === "up";
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
    if (since === undefined || !this.isUp || !this.publisher.isIdle) return undefined;
    return Math.max(since, this.#offset);
  }

  /** Resolves when events get offsets, or the stream no longer waits for them. */
  settled(): Promise<void> {
    if (this.isUp || this.#isDetached) return Promise.resolve();
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

  /**
   * Sends a request to the broker.
   *
   * @param suspect - the message that the broker is to keep, if any
   * @throws when there is no connection, or it breaks
   */
  async ask<Answer>(
    what: (link: StreamLink, place: StreamRef, epoch: string) => Promise<Answer>,
    suspect: Suspect | null = null,
  ): Promise<Answer> {
    const link = this.#link;
    if (link === null || !this.isUp) throw new Error("The message queue is down.");
    const { requests } = this.#owner;
    if (suspect !== null) requests.add(suspect);
    try {
      const answer = await what(link, this.place, this.#epoch);
      if (suspect !== null) requests.settle(suspect);
      return answer;
    } catch (error) {
      // When the connection has ended, the message may be the reason.
      if (suspect !== null && error instanceof BrokerError) requests.settle(suspect);
      this.#onRefused(link, error);
      throw error;
    }
  }

  /** The broker refuses the record of a client. */
  refuseClient(error: unknown): void {
    this.#owner.onUnkept("client", error);
  }

  /**
   * Calls back when every event that was published before has been received.
   *
   * @param passed - receives `false` after a break
   */
  barrier(passed: Passed): void {
    const id = this.#barriers.add(passed);
    this.ask((link, place, epoch) => link.barrier(place, epoch, this.#owner.node, id)).catch(() =>
      this.#barriers.take(id)?.(false),
    );
  }

  /**
   * Reads the events after an offset; `null` when some are gone.
   *
   * @throws as {@link EventStream.ask} does
   */
  readAfter(offset: number): Promise<readonly StreamEvent[] | null> {
    return this.#cache.readAfter(offset);
  }

  /** Does periodic work. */
  tick(): void {
    if (!this.isUp) return;
    this.#passed.forget();
    this.publisher.markLosses();
    // Without this a node that receives little would have much to read after a break.
    if (this.#listener !== null) this.barrier(() => {});
  }

  /** The node has a connection, and its subscriptions are confirmed. */
  onLink(link: StreamLink): void {
    this.#link = link;
    // Events that are sent now get their offsets in a moment.
    this.#isDetached = false;
    void this.#synchronise(link);
  }

  /** The node has lost its connection. */
  onDown(): void {
    this.#interrupt("down");
    this.#link = null;
    this.onSettled();
  }

  /** Stops waiting for offsets: delivers pending events without them. */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.publisher.abandonSent();
    if (this.isUp && this.#link !== null) this.#later(this.#link);
    const pending = this.publisher.takePending();
    this.#listener?.onDetached();
    this.publisher.abandon(pending);
    this.#passed.giveUp();
    this.#owner.onPassedBreak();
    this.publisher.forgetPassing();
    this.onSettled();
  }

  /** Delivers an event that gets no offset. */
  onUnsequenced(event: UnsequencedEvent): void {
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
    if (!this.#isPlaced(channel, bytes[0])) {
      this.#owner.onIgnored("misplaced", `a message of the kind ${bytes[0]} on ${channel}`);
      return;
    }
    switch (bytes[0]) {
      case messageKinds.event: {
        const heard = readHeard(channel, bytes);
        const problem = heard === null ? "it is none" : this.#problemOf(heard.entry);
        if (heard === null && isSigned(bytes)) {
          this.#owner.onIgnored("signed", `an event on ${channel}`);
          return;
        }
        if (heard === null || problem !== null) {
          this.#owner.onIgnored("unfit", `an event for ${this.#namespace} is not sent on: ${problem}`);
          return;
        }
        if (!this.channels.carries(channel, heard.entry.target)) {
          this.#owner.onIgnored("misplaced", `an event on ${channel}`);
          return;
        }
        if (this.isUp) this.#arrive(heard);
        else this.#buffer.add(heard);
        break;
      }
      case messageKinds.barrier: {
        const [id, offset] = readPair(bytes);
        const passed = this.#barriers.take(Number(id));
        // A barrier from before a break says nothing about later events.
        if (passed === undefined || !this.isUp) return;
        this.#offset = Math.max(this.#offset, Number(offset));
        this.publisher.sweep();
        this.publisher.goOn();
        passed(true);
        break;
      }
      case messageKinds.passed: {
        if (bytes[1] === signedMark) {
          this.#owner.onIgnored("signed", `a message on ${channel}`);
          return;
        }
        const passed = readPassed(bytes);
        if (passed.origin !== this.#owner.node) this.#onPassed(passed);
        break;
      }
      case messageKinds.gap:
        if (this.isUp && this.#link !== null) void this.#onGap(this.#link);
        break;
      case messageKinds.gone:
        if (this.#link !== null) void this.#synchronise(this.#link);
        break;
      case messageKinds.taken: {
        const [generation, key] = readPair(bytes);
        this.#listener?.onTaken(key, Number(generation));
        break;
      }
    }
  }

  /** Ends the stream and its subscriptions. */
  close(): void {
    this.onDown();
    this.#isDetached = true;
    this.#cache.forget();
    this.channels.close();
    this.#listener = null;
    this.publisher.close();
    this.onSettled();
  }

  /** Whether a kind of message is allowed on a channel. */
  #isPlaced(channel: string, kind: number | undefined): boolean {
    switch (kind) {
      case messageKinds.barrier:
      case messageKinds.taken:
        return channel === this.channels.node(this.#owner.node);
      default:
        return channel !== this.channels.node(this.#owner.node);
    }
  }

  /** Why an event must not reach the clients of this namespace; `null` when it may. */
  #problemOf(entry: StreamEvent): string | null {
    if (entry.target.namespace !== this.#namespace) return "it is for another namespace";
    return isLossMarker(entry) ? null : eventProblem(entry.event, this.#namespace);
  }

  #onPassed(passed: PassedMessage): void {
    if (!this.isUp) this.#passed.hold(passed);
    else if (this.#link?.keepsOrder === true) this.#owner.onPassed(passed.message);
    else if (this.#passed.add(passed)) {
      this.barrier((isWhole) => {
        // After a break it waits until the missed events are read.
        if (isWhole) this.#passed.onHeard(passed);
      });
    }
  }

  /** The broker has refused a request. A lost connection is handled by {@link EventStream.onDown}. */
  #onRefused(link: StreamLink, error: unknown): void {
    if (link !== this.#link || !this.isUp || !(error instanceof BrokerError)) return;
    if (error.isEpochOver) {
      void this.#synchronise(link);
    } else if (!error.isTooLarge) {
      this.#owner.onRefused(error);
      this.detach();
    }
  }

  /** Missed events cannot be delivered in order any more: later ones already were. */
  async #onGap(link: StreamLink): Promise<void> {
    const attempt = this.#attempt;
    await this.#listener?.onGap();
    if (attempt === this.#attempt) await this.#synchronise(link, false);
  }

  /** Synchronises again after a delay. */
  #later(link: StreamLink): void {
    const attempt = this.#interrupt("syncing");
    this.#owner.clock.after(retryDelay, () => {
      if (attempt === this.#attempt) void this.#synchronise(link);
    });
  }

  #arrive(heard: HeardEvent): void {
    const { epoch, channel, entry } = heard;
    if (epoch !== this.#epoch) {
      if (this.#link !== null) void this.#synchronise(this.#link);
      this.#buffer.add(heard);
      return;
    }
    if (this.channels.isHeard(channel)) this.channels.note(channel, entry.offset);
    else for (const each of this.channels.of(entry.target)) this.channels.note(each, entry.offset);
    // An event may come on several channels.
    if (entry.offset > this.#offset) this.#deliver(entry, false);
  }

  #deliver(entry: StreamEvent, isLate: boolean): void {
    this.#offset = entry.offset;
    const { origin, id } = entry;
    if (this.#link?.keepsOrder !== true) this.#passed.onEvent(origin, id);
    const isOwn = entry.origin === this.#owner.node;
    if (isOwn) this.publisher.settle(id);
    this.publisher.sweep();
    if (isLossMarker(entry)) this.#listener?.onLoss(entry);
    else this.#listener?.onEvent(entry, isLate, isOwn && this.publisher.isAbandoned(id));
    if (this.#link?.keepsOrder !== true) this.#passed.onDelivered(origin, id);
    this.publisher.goOn();
  }

  /** Finds the epoch, and reads the events that this node has missed. */
  async #synchronise(link: StreamLink, isWhole = true): Promise<void> {
    const attempt = this.#interrupt("syncing");
    this.#cache.forget();
    const isCurrent = () => this.#attempt === attempt;
    try {
      for (let isAll = isWhole; ; ) {
        const { epoch, head } = await link.begin(this.place);
        if (!isCurrent()) return;
        if (epoch !== this.#epoch || !isAll) this.#beginEpoch(epoch, head);
        isAll = await this.#catchUp(link, isCurrent);
        if (!isCurrent()) return;
        if (isAll) break;
        // The stream was trimmed: begin at the latest offset.
      }
    } catch (error) {
      // A lost connection is handled by onDown.
      if (!isCurrent() || !(error instanceof BrokerError)) return;
      if (!error.isEpochOver) {
        this.#owner.onRefused(error);
        this.detach();
      }
      this.#later(link);
      return;
    }
    this.#becomeUp();
  }

  #becomeUp(): void {
    this.#state = "up";
    this.#isDetached = false;
    this.#owner.onAccepted();
    for (const heard of this.#buffer.takeAll()) if (heard.epoch === this.#epoch) this.#arrive(heard);
    for (const passed of this.#passed.takeAll()) this.#onPassed(passed);
    this.publisher.onUp();
    this.#listener?.onUp();
    this.#owner.onPassedBreak();
    this.onSettled();
  }

  #beginEpoch(epoch: string, offset: number): void {
    const isFirst = this.#epoch === "";
    this.#epoch = epoch;
    this.#offset = offset;
    this.channels.forgetOffsets();
    if (!isFirst) this.#listener?.onBreak();
  }

  /** Delivers missed events; `false` when some are gone. */
  async #catchUp(link: StreamLink, isCurrent: () => boolean): Promise<boolean> {
    for (;;) {
      this.#buffer.hasOverflown = false;
      const { entries, isLast } = await this.#read(link, this.#offset);
      if (!isCurrent()) return true;
      if (entries === null) return false;
      for (const entry of entries) {
        for (const channel of this.channels.of(entry.target)) this.channels.note(channel, entry.offset);
        this.#deliver(entry, true);
      }
      if (isLast && !this.#buffer.hasOverflown) return true;
    }
  }

  async #read(link: StreamLink, offset: number): Promise<StreamPart> {
    const { head, entries: kept } = await link.read(this.place, this.#epoch, offset, chunk);
    const entries = kept.map((each) => {
      const entry = readEntry(each);
      return entry === null || this.#problemOf(entry) !== null ? null : entry;
    });
    const isWhole = entries.every((entry, index) => entry?.offset === offset + 1 + index);
    const isGone = entries.length === 0 && head !== offset;
    return {
      head,
      entries: isWhole && !isGone ? (entries as StreamEvent[]) : null,
      isLast: entries.length < chunk,
    };
  }

  async #readNow(offset: number): Promise<StreamPart> {
    const link = this.#link;
    if (link === null || !this.isUp) throw new Error("The message queue is down.");
    const attempt = this.#attempt;
    const part = await this.#read(link, offset);
    if (this.#attempt !== attempt) throw new Error("There was a break.");
    return part;
  }

  /** Stops sending until the stream has caught up on a connection. Returns the number of the new attempt. */
  #interrupt(state: "down" | "syncing"): number {
    this.#state = state;
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.publisher.onInterrupt();
    this.#barriers.fail();
    return attempt;
  }
}

/** Whether the event in `e<epoch>:<offset>:<event>` has a signature. */
function isSigned(bytes: Uint8Array): boolean {
  return bytes[bytes.indexOf(colon, bytes.indexOf(colon) + 1) + 1] === signedMark;
}
