/**
 * The events of one namespace in the one order in which a broker numbers them, as this process hears of them: what it sends
 * is numbered, stored and published in one step, and comes back like everybody's. After a break it reads what it has not
 * heard of. It knows no clients.
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

/** Who hears of the events. */
export interface StreamListener {
  /**
   * The next event.
   *
   * @param isLate - whether it was read after a break: some who are here now may not have been there when it was sent
   * @param isRepeated - whether those who were here at that time have had it without a number
   */
  onEvent(event: StreamEvent, isLate: boolean, isRepeated: boolean): void;
  /** An event that gets no number, since there is nobody to give it one. */
  onUnsequenced(event: UnsequencedEvent): void;
  /** An event that the broker does not take; a mark of that follows. */
  onRefused(event: UnsequencedEvent): void;
  /** Some events for a target never got numbers. */
  onLoss(mark: StreamEvent): void;
  /** Events were not heard, and nobody can say which. Resolves when nobody who was here can come back. */
  onGap(): Promise<unknown>;
  /** Another process has taken a client from this one. */
  onTaken(key: string, generation: number): void;
  /** What follows is not known to be all: the stream does not reach back, or numbers begin anew. */
  onBreak(): void;
  /** Events get their numbers, for the first time or again. */
  onUp(): void;
  /** They get none for longer than anybody waits. */
  onDetached(): void;
}

/** What a stream needs of its process. */
export interface StreamOwner extends MessageProblemListener {
  /** This process among others. */
  readonly node: string;
  readonly clock: Clock;
  readonly bus: SubscriptionBus;
  /** What the broker has not answered yet. */
  readonly requests: OpenRequests;
  /** The latest event that this process has sent to any namespace. */
  nextId(): number;
  /** Another process has passed a message, and what it sent before that was delivered. */
  onPassed(message: Uint8Array): void;
  /** There was a break: what other processes have passed before comes no more. */
  onPassedBreak(): void;
  /** The broker refuses what is asked of it. */
  onRefused(error: unknown): void;
  /** It does not any more. */
  onAccepted(): void;
  /** The broker does not take an event or a client's record, for what that holds, and all else is well. */
  onUnkept(what: Unkept, error: unknown): void;
  /** Reports an error that nobody else is told. */
  report(error: unknown): void;
}

/** What a broker may refuse for what it holds. */
export type Unkept = "event" | "client" | "message";

/** How much is kept. */
export interface StreamBounds {
  readonly maxEvents: number;
  /** How long an event is kept, in ms. */
  readonly age: number;
}

/** What this process passes. */
interface OwnMessage extends Suspect {
  readonly channels: readonly string[];
  /** The latest event that was sent before. */
  readonly after: number;
  /** Whether it is sent again where the connection breaks. */
  readonly isAgain: boolean;
  readonly bytes: Uint8Array;
}

const colon = 0x3a;
/** So many messages are passed at once. */
const maxPassing = 1000;
/** How many events are read at a time. */
const chunk = 500;
/** How long the numbering is remembered when nothing happens, in parts of how long events are. */
const keepFactor = 10;
/** How long to wait before a server that refuses is asked again, in ms. */
const retryDelay = 1000;

/** See above. */
export class EventStream {
  /** What the names of all keys and channels begin with. */
  readonly name: string;
  readonly channels: StreamChannels;
  /** Where it is in the broker. */
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
  /** Who is to be told when numbers do not come any more. */
  readonly #breaks = new Set<() => void>();
  #listener: StreamListener | null = null;
  #epoch = "";
  #offset = 0;
  #link: StreamLink | null = null;
  #state: "down" | "syncing" | "up" = "down";
  #isDetached = false;
  /** Own events until this one were delivered without a number, whatever became of them. */
  #abandoned = 0;
  #attempt = 0;
  #sent = 0;
  /** What this process passes, until the broker has taken it. */
  readonly #passing = new Set<OwnMessage>();
  /** The latest number, as it was asked for in this turn. */
  #head: Promise<number> | null = null;
  #waiting: (() => void)[] = [];

  /**
   * @param name - what the names of all keys and channels begin with
   * @param namespace - whose events they are
   * @param owner - the process
   * @param bounds - how much is kept
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

  /** Has somebody hear of the events of the channels that it holds; `null` for nobody. */
  set listener(listener: StreamListener | null) {
    const channel = this.channels.node(this.#owner.node);
    if (listener !== null && this.#listener === null) this.channels.hold(channel);
    if (listener === null && this.#listener !== null) this.channels.release(channel);
    this.#listener = listener;
  }

  /** Whether nobody hears of the events, and nothing is under way. */
  get isUnused(): boolean {
    return this.#listener === null && this.isIdle && this.#lost.isEmpty && this.#passing.size === 0;
  }

  /** Which numbering it is. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The number behind which everything is still to come here. */
  get offset(): number {
    return this.#offset;
  }

  /** The place behind the latest event that was delivered here. */
  get cursor(): string {
    return formatCursor(this.#epoch === "" ? "none" : this.#epoch, this.#offset);
  }

  /** Whether events get their numbers. */
  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Whether events get none for longer than anybody waits. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#pending.isEmpty;
  }

  /** The latest event that this process has sent here. */
  get sent(): number {
    return this.#sent;
  }

  /** Events that have not come back yet. */
  unsequenced(): readonly PendingEvent[] {
    return [...this.#pending].filter((event) => !isLossMarker(event));
  }

  /** The same, with the turns that wait for them, in order. */
  underWay(): readonly (PendingEvent | Turn)[] {
    return this.#pending.all().filter((item) => !isEvent(item) || !isLossMarker(item));
  }

  /** Takes a turn when what this process has sent until now has come back, or will not. */
  follow(turn: Turn): void {
    if (this.isIdle) {
      this.#take(turn);
    } else if (!this.#pending.follow(turn)) {
      this.detach();
      this.#take(turn);
    }
  }

  /**
   * The latest number where everything on a channel that follows is heard here; `undefined` where that is not known, and
   * {@link EventStream.head} tells it.
   */
  offsetOn(channel: string): number | undefined {
    const since = this.channels.since(channel);
    return since === undefined || !this.isUp || !this.isIdle ? undefined : Math.max(since, this.#offset);
  }

  /**
   * Resolves to the latest number, as it is between what this process has sent before and what it sends from now on.
   *
   * @throws as {@link EventStream.ask} does
   */
  head(): Promise<number> {
    const heard = this.#offset;
    this.#head ??= this.#askHead();
    return this.#head.then((offset) => Math.max(offset, heard));
  }

  /** Resolves when events get their numbers, or nobody waits for that any more. */
  settled(): Promise<void> {
    if (this.isUp || this.#isDetached) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Resolves when nothing is under way, or nobody waits for it any more. */
  async drained(): Promise<void> {
    while (!(this.isIdle && this.#passing.size === 0) && !this.#isDetached) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Has an event numbered. It is delivered when it comes back. */
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

  /** Whether what others pass is heard here. */
  get hears(): boolean {
    const isHeard = this.channels.confirmed(this.channels.everyone) === null;
    return this.#listener !== null && !this.#isDetached && isHeard;
  }

  /**
   * Has other processes hear a message that is neither numbered nor kept: behind what this process has sent until now, and
   * ahead of what it sends from now on.
   *
   * @param target - whose channels it goes to; `null` for everybody's
   * @param isAgain - whether it is sent when there is a connection, where there is none, and may come twice; else it is dropped
   * @returns `false` where it cannot be
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

  /** An event for a target got no number, and those who are away will not know of it. */
  lose(target: Target): void {
    this.#lost.add(target);
  }

  /**
   * Asks the broker for something.
   *
   * @param suspect - what it is to keep
   * @throws where there is no connection, or it breaks
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
      // Where the connection has ended, nobody knows yet why.
      if (suspect !== null && error instanceof BrokerError) requests.settle(suspect);
      this.#onRefused(link, error);
      throw error;
    }
  }

  /** The broker does not take what is known of a client. */
  refuseClient(error: unknown): void {
    this.#owner.onUnkept("client", error);
  }

  /**
   * Calls back when everything that was published before has been heard, in that turn.
   *
   * @param passed - is told `false` when there was a break meanwhile
   */
  barrier(passed: Passed): void {
    const id = this.#barriers.add(passed);
    this.ask((link, place, epoch) => link.barrier(place, epoch, this.#owner.node, id)).catch(() =>
      this.#barriers.take(id)?.(false),
    );
  }

  /**
   * Reads what follows a number; `null` where not all of it is there any more.
   *
   * @throws as {@link EventStream.ask} does
   */
  readAfter(offset: number): Promise<readonly StreamEvent[] | null> {
    return this.#cache.readAfter(offset);
  }

  /** Does what is to be done from time to time. */
  tick(): void {
    if (!this.isUp) return;
    this.#passed.forget();
    this.#markLosses();
    // A process that hears little would else not know how far the others are, and have much to read after a break.
    if (this.#listener !== null) this.barrier(() => {});
  }

  /** The process has a connection, on which all channels are heard already. */
  onLink(link: StreamLink): void {
    this.#link = link;
    // What is sent from now on gets its number in a moment.
    this.#isDetached = false;
    void this.#synchronise(link);
  }

  /** The process has lost its connection. */
  onDown(): void {
    this.#interrupt("down");
    this.#link = null;
    this.#wake();
  }

  /** Nobody waits for numbers any more. */
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

  /** Takes a message from one of its channels. Each kind comes on channels of its own. */
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
        // One from before a break says nothing of what follows.
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

  /** Lets go of everything. */
  close(): void {
    this.onDown();
    this.#isDetached = true;
    this.#cache.forget();
    this.channels.close();
    this.#listener = null;
    for (const item of this.#pending.takeAll()) if (!isEvent(item)) this.#take(item);
    this.#wake();
  }

  /** Whether a kind of message comes on a channel. */
  #isPlaced(channel: string, kind: number | undefined): boolean {
    switch (kind) {
      case messageKinds.barrier:
      case messageKinds.taken:
        return channel === this.channels.node(this.#owner.node);
      default:
        return channel !== this.channels.node(this.#owner.node);
    }
  }

  /** Why an event may not go to the clients of this namespace; `null` where it may. */
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
      // Where the connection is lost, it is sent again over the next one.
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
        // After a break it goes on when what was missed has been read.
        if (isWhole) this.#passed.onHeard(passed);
      });
    }
  }

  #askHead(): Promise<number> {
    // Once for all who ask in one turn.
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
    // What is asked for from now on is behind this event.
    this.#head = null;
    this.#commands.send(channels, () => this.#sendNow(pending, channels));
  }

  #sendNow(pending: PendingEvent, channels: readonly string[]): void {
    const { id, message } = pending;
    const entry = { origin: this.#owner.node, id, message, channels };
    this.ask((link, place, epoch) => link.append(place, epoch, entry), pending).then(
      (offset) => {
        pending.offset = offset;
        // It comes on a channel that is heard here, if there is one.
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

  /** Forgets own events that have their numbers, and come no more. */
  #sweep(): void {
    this.#pending.settleUntil(this.#offset);
  }

  /** Some events are not waited for any more: does what has waited for them. */
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

  /** An event gets no number. */
  #abandon(event: UnsequencedEvent): void {
    this.#lost.add(event.target);
    if (!isLossMarker(event)) this.#listener?.onUnsequenced(event);
  }

  /** An event is not sent again. */
  #giveUp(pending: PendingEvent, error: unknown): void {
    this.#pending.settle(pending.id);
    this.#refuse(pending, error);
  }

  /** The broker does not take an event. It reaches those who are here, and a mark in its place all for whom it was. */
  #refuse(event: UnsequencedEvent, error: unknown): void {
    this.#owner.onUnkept("event", error);
    if (!isLossMarker(event)) {
      this.#listener?.onRefused(event);
      this.lose(event.target);
    } else if (event.target.rooms !== null) {
      // It may name too many rooms.
      this.lose(everyoneIn(this.#namespace));
    }
    this.#goOn();
    if (this.isUp) this.#markLosses();
  }

  /** Tells everybody for whom events were that got no numbers. */
  #markLosses(): void {
    if (this.#lost.isEmpty) return;
    this.append({ target: this.#lost.take(this.#namespace), event: lossMarker, compress: true });
  }

  /** The server has refused something. Where the connection is lost, that is told otherwise. */
  #onRefused(link: StreamLink, error: unknown): void {
    if (link !== this.#link || !this.isUp || !(error instanceof BrokerError)) return;
    if (error.isEpochOver) {
      void this.#synchronise(link);
    } else if (!error.isTooLarge) {
      this.#owner.onRefused(error);
      this.detach();
    }
  }

  /** What was not heard cannot be put in its place any more: what came after it has been delivered. */
  async #onGap(link: StreamLink): Promise<void> {
    const attempt = this.#attempt;
    await this.#listener?.onGap();
    if (attempt === this.#attempt) await this.#synchronise(link, false);
  }

  /** Begins once more, in a while. */
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
    // One event may come on each channel that it is for.
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

  /** Finds the numbering, and what this process has not heard of. */
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
        // The stream does not reach back: it goes on with what comes next.
      }
    } catch (error) {
      // Where the connection is lost, that is told otherwise.
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

  /** Sends what the broker has not taken, in order. */
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
    // Their marks come last: a broker takes no event of a process behind a later one.
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

  /** Delivers what was missed; `false` where that is not all there. */
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

  /** No numbers come until there is a connection on which it is known what was missed. Returns which attempt follows. */
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

/** Whether the event in `e<epoch>:<number>:<event>` has a signature. */
function isSigned(bytes: Uint8Array): boolean {
  return bytes[bytes.indexOf(colon, bytes.indexOf(colon) + 1) + 1] === signedMark;
}

/** Says that something ends connections. */
export function poisonous(what: string, bytes: number): Error {
  return new Error(
    `The message queue has ended several connections that brought it ${what} of ${bytes} bytes, which is given up.`,
  );
}
