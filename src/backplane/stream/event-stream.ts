/**
 * The events of one namespace, in the one order of their offsets, as this node receives them. The broker
 * gives each event that this node sends an offset, stores it and publishes it in one step, and the event
 * comes back like those of all nodes. After a lost connection the stream reads what it missed. It does not
 * know clients.
 *
 * One file, not yet three: sending, catching up and receiving share the state `down`, `syncing`, `up`.
 */

import type { Clock } from "../../base/time/clock.ts";
import { formatCursor } from "../../core/model/stream-position.ts";
import { everyoneIn, type Target } from "../../core/model/target.ts";
import type { Turn } from "../../core/socket/turn.ts";
import { eventProblem } from "../../protocol/socket-packet-encoder.ts";
import { isPoison, type OpenRequests, type Suspect } from "../bus/open-requests.ts";
import type { SubscriptionBus } from "../bus/subscriptions.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { signedMark } from "../wire/signed-messages.ts";
import { Barriers, type Passed } from "./barriers.ts";
import { CatchUpBuffer } from "./catch-up-buffer.ts";
import { CommandQueue } from "./command-queue.ts";
import { LossTracker } from "./loss-tracker.ts";
import { PassedMessages } from "./passed-messages.ts";
import { isEvent, type PendingEvent, PendingEvents } from "./pending-events.ts";
import { ReadCache, type StreamPart } from "./read-cache.ts";
import { StreamChannels } from "./stream-channels.ts";
import {
  encodePassed,
  type HeardEvent,
  isLossMarker,
  lossMarker,
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
export interface StreamOwner extends MessageProblemListener {
  /** The id of this node. */
  readonly node: string;
  readonly clock: Clock;
  readonly bus: SubscriptionBus;
  /** Requests without an answer of the broker. */
  readonly requests: OpenRequests;
  /** The id for the next event of this node, to any namespace. */
  nextId(): number;
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
  /** Reports an error that has no other receiver. */
  report(error: unknown): void;
}

/** Things that a broker may refuse for their content. */
export type Unkept = "event" | "client" | "message";

/** How much the broker keeps. */
export interface StreamBounds {
  readonly maxEvents: number;
  /** How long the broker keeps an event, in ms. */
  readonly age: number;
}

/** A message that this node passes. */
interface OwnMessage extends Suspect {
  readonly channels: readonly string[];
  /** The id of the latest event that was sent before. */
  readonly after: number;
  /** Whether it is sent again after a lost connection. */
  readonly isAgain: boolean;
  readonly bytes: Uint8Array;
}

const colon = 0x3a;
/** The most passed messages without an answer. */
const maxPassing = 1000;
/** The most events of one read. */
const chunk = 500;
/** How much longer than events an idle epoch lasts. */
const keepFactor = 10;
/** How long to wait after a refusal, in ms. */
const retryDelay = 1000;

/** The stream of one namespace in one node. */
export class EventStream {
  /** The start of the names of all keys and channels. */
  readonly name: string;
  readonly channels: StreamChannels;
  /** The namespace in the broker. */
  readonly place: StreamRef;
  readonly #namespace: string;
  readonly #owner: StreamOwner;
  readonly #commands: CommandQueue;
  readonly #pending = new PendingEvents();
  readonly #lost = new LossTracker();
  readonly #cache: ReadCache;
  readonly #buffer = new CatchUpBuffer();
  readonly #barriers = new Barriers();
  readonly #passed: PassedMessages;
  /** Called when the connection breaks. */
  readonly #breaks = new Set<() => void>();
  #listener: StreamListener | null = null;
  #epoch = "";
  #offset = 0;
  #link: StreamLink | null = null;
  #state: "down" | "syncing" | "up" = "down";
  #isDetached = false;
  /** Own events up to this id were delivered without an offset, even if the broker kept them. */
  #abandoned = 0;
  #attempt = 0;
  #sent = 0;
  /** Passed messages without an answer. */
  readonly #passing = new Set<OwnMessage>();
  /** The request for the latest offset in this turn. */
  #head: Promise<number> | null = null;
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
    this.#commands = new CommandQueue((channel) => this.channels.confirmed(channel));
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
    return this.#listener === null && this.isIdle && this.#lost.isEmpty && this.#passing.size === 0;
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

  /** Whether no event or turn is pending. */
  get isIdle(): boolean {
    return this.#pending.isEmpty;
  }

  /** The id of the latest event that this node has sent here. */
  get sent(): number {
    return this.#sent;
  }

  /** Events that have not come back. */
  unsequenced(): readonly PendingEvent[] {
    return [...this.#pending].filter((event) => !isLossMarker(event));
  }

  /** The same with the turns that wait for them, in order. */
  underWay(): readonly (PendingEvent | Turn)[] {
    return this.#pending.all().filter((item) => !isEvent(item) || !isLossMarker(item));
  }

  /** Takes a turn when all events that this node has sent so far have come back, or never will. */
  follow(turn: Turn): void {
    if (this.isIdle) {
      this.#take(turn);
    } else if (!this.#pending.follow(turn)) {
      this.detach();
      this.#take(turn);
    }
  }

  /**
   * The latest offset, if every later event on a channel is received here; `undefined` when that is not
   * known. Then {@link EventStream.head} tells the offset.
   */
  offsetOn(channel: string): number | undefined {
    const since = this.channels.since(channel);
    return since === undefined || !this.isUp || !this.isIdle ? undefined : Math.max(since, this.#offset);
  }

  /**
   * Resolves to the latest offset between the events that this node has sent so far and those that it sends
   * later.
   *
   * @throws as {@link EventStream.ask} does
   */
  head(): Promise<number> {
    const heard = this.#offset;
    this.#head ??= this.#askHead();
    return this.#head.then((offset) => Math.max(offset, heard));
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
    while (!(this.isIdle && this.#passing.size === 0) && !this.#isDetached) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends an event. It is delivered when it comes back. */
  append(event: UnsequencedEvent): void {
    const id = this.#owner.nextId();
    this.#sent = id;
    const pending = this.#isDetached ? "full" : this.#pending.add(this.#owner.node, id, event);
    if (pending === "too large") {
      this.#refuse(event, new Error("An event is larger than what may be under way to the message queue."));
    } else if (pending === "full") {
      this.detach();
      this.#abandoned = id;
      this.#abandon(event);
    } else if (this.isUp) {
      this.#send(pending);
    }
  }

  /** Whether messages that other nodes pass are received here. */
  get hears(): boolean {
    const isHeard = this.channels.confirmed(this.channels.everyone) === null;
    return this.#listener !== null && !this.#isDetached && isHeard;
  }

  /**
   * Passes a message to other nodes, which the broker does not keep. It comes behind the events that this
   * node has sent so far, and ahead of those that it sends later.
   *
   * @param target - the message goes to the channels of this target; `null` for all nodes with clients
   * @param isAgain - whether it waits for a connection and may come twice; else it is dropped
   * @returns `false` when the stream cannot take it
   */
  pass(target: Target | null, message: Uint8Array, isAgain: boolean): boolean {
    if (this.#isDetached) return false;
    const isFull = this.#passing.size >= maxPassing;
    if (isFull || !this.isUp) {
      if (!isAgain) return true;
      if (isFull) return false;
    }
    const channels = target === null ? [this.channels.everyone] : this.channels.of(target);
    const after = this.#sent;
    const own = {
      channels,
      after,
      isAgain,
      breaks: 0,
      bytes: encodePassed({ origin: this.#owner.node, after, message }),
    };
    this.#passing.add(own);
    if (this.isUp) this.#sendPassed(own);
    return true;
  }

  /** An event for a target got no offset, so a loss marker has to tell clients that are away. */
  lose(target: Target): void {
    this.#lost.add(target);
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
    this.#markLosses();
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
    this.#wake();
  }

  /** Stops waiting for offsets: delivers pending events without them. */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#abandoned = this.#owner.nextId();
    if (this.isUp && this.#link !== null) this.#later(this.#link);
    const pending = this.#pending.takeAll();
    this.#listener?.onDetached();
    for (const item of pending) {
      if (isEvent(item)) this.#abandon(item);
      else this.#take(item);
    }
    this.#passed.giveUp();
    this.#owner.onPassedBreak();
    this.#passing.clear();
    this.#wake();
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
        this.#sweep();
        this.#goOn();
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
    for (const item of this.#pending.takeAll()) if (!isEvent(item)) this.#take(item);
    this.#wake();
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

  #sendPassed(own: OwnMessage): void {
    this.#commands.send([], () => void this.#passNow(own));
  }

  async #passNow(own: OwnMessage): Promise<void> {
    try {
      await this.ask((link, place, epoch) => link.pass(place, epoch, own.channels, own.bytes), own);
    } catch (error) {
      // After a lost connection it is sent again over the next one.
      if (own.isAgain && !(error instanceof BrokerError)) return;
      if (error instanceof BrokerError && error.isTooLarge) this.#owner.onUnkept("message", error);
    }
    this.#forgetPassed(own);
  }

  #forgetPassed(own: OwnMessage): void {
    this.#passing.delete(own);
    if (this.#passing.size === 0) this.#wake();
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

  #askHead(): Promise<number> {
    // One request for all calls of one turn.
    queueMicrotask(() => {
      this.#head = null;
    });
    return new Promise((resolve, reject) => {
      const stop = () => reject(new Error("The message queue is down."));
      this.#breaks.add(stop);
      this.#commands.send([], () => {
        this.#breaks.delete(stop);
        this.ask((link, place, epoch) => link.head(place, epoch)).then(resolve, reject);
      });
    });
  }

  #send(pending: PendingEvent): void {
    const channels = this.channels.of(pending.target);
    // A later request for the latest offset has to come behind this event.
    this.#head = null;
    this.#commands.send(channels, () => this.#sendNow(pending, channels));
  }

  #sendNow(pending: PendingEvent, channels: readonly string[]): void {
    const { id, message } = pending;
    const entry = { origin: this.#owner.node, id, message, channels };
    this.ask((link, place, epoch) => link.append(place, epoch, entry), pending).then(
      (offset) => {
        pending.offset = offset;
        // The event comes back only on a channel that this node is subscribed to.
        const comes = channels.some((channel) => this.channels.isHeard(channel));
        if (!comes || pending.offset <= this.#offset) {
          this.#pending.settle(id);
          this.#goOn();
        }
      },
      (error: unknown) => {
        if (error instanceof BrokerError && error.isTooLarge) this.#giveUp(pending, error);
      },
    );
  }

  /** Settles own events that have an offset and do not come to this node. */
  #sweep(): void {
    this.#pending.settleUntil(this.#offset);
  }

  /** Some events were settled: takes the turns that waited for them. */
  #goOn(): void {
    for (let turn = this.#pending.takeTurn(); turn !== undefined; turn = this.#pending.takeTurn()) {
      this.#take(turn);
    }
    if (this.isIdle) this.#wake();
  }

  #take(turn: Turn): void {
    try {
      turn.take();
    } catch (error) {
      this.#owner.report(error);
    }
  }

  /** Delivers an event without an offset. */
  #abandon(event: UnsequencedEvent): void {
    this.#lost.add(event.target);
    if (!isLossMarker(event)) this.#listener?.onUnsequenced(event);
  }

  /** Gives up an event that the broker refuses. */
  #giveUp(pending: PendingEvent, error: unknown): void {
    this.#pending.settle(pending.id);
    this.#refuse(pending, error);
  }

  /** The broker refuses an event. Clients here receive it, and a loss marker tells all other receivers. */
  #refuse(event: UnsequencedEvent, error: unknown): void {
    this.#owner.onUnkept("event", error);
    if (!isLossMarker(event)) {
      this.#listener?.onRefused(event);
      this.lose(event.target);
    } else if (event.target.rooms !== null) {
      // The marker itself may name too many rooms.
      this.lose(everyoneIn(this.#namespace));
    }
    this.#goOn();
    if (this.isUp) this.#markLosses();
  }

  /** Sends a loss marker for the events that got no offset. */
  #markLosses(): void {
    if (this.#lost.isEmpty) return;
    this.append({ target: this.#lost.take(this.#namespace), event: lossMarker, compress: true });
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
    if (isOwn) this.#pending.settle(entry.id);
    this.#sweep();
    if (isLossMarker(entry)) this.#listener?.onLoss(entry);
    else this.#listener?.onEvent(entry, isLate, isOwn && entry.id <= this.#abandoned);
    if (this.#link?.keepsOrder !== true) this.#passed.onDelivered(origin, id);
    this.#goOn();
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
    this.#sendAgain();
    this.#markLosses();
    this.#listener?.onUp();
    this.#owner.onPassedBreak();
    this.#wake();
  }

  /** Sends again what the broker has not answered, in order. */
  #sendAgain(): void {
    for (const own of [...this.#passing].filter(isPoison)) {
      this.#owner.onUnkept("message", poisonous("a message", own.bytes.length));
      this.#forgetPassed(own);
    }
    const passing = [...this.#passing].filter(({ isAgain }) => isAgain);
    const pending = [...this.#pending];
    for (const event of pending.filter((event) => !isPoison(event))) {
      while (passing[0] !== undefined && passing[0].after < event.id) {
        this.#sendPassed(passing[0]);
        passing.shift();
      }
      this.#send(event);
    }
    for (const own of passing) this.#sendPassed(own);
    // Their loss markers come last: the broker takes no event of a node behind a later one.
    for (const event of pending.filter(isPoison)) {
      this.#giveUp(event, poisonous("an event", event.message.length));
    }
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
    this.#commands.clear();
    for (const own of this.#passing) if (!own.isAgain) this.#passing.delete(own);
    this.#head = null;
    for (const stop of [...this.#breaks]) stop();
    this.#breaks.clear();
    this.#barriers.fail();
    return attempt;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Whether the event in `e<epoch>:<offset>:<event>` has a signature. */
function isSigned(bytes: Uint8Array): boolean {
  return bytes[bytes.indexOf(colon, bytes.indexOf(colon) + 1) + 1] === signedMark;
}

/** The error for a message that ends connections. */
export function poisonous(what: string, bytes: number): Error {
  return new Error(
    `The message queue has ended several connections that brought it ${what} of ${bytes} bytes, which is given up.`,
  );
}
