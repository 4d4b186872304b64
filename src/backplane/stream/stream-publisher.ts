/**
 * The events and messages that this node sends to one namespace, until they come back or the broker has taken
 * them. They go out in order, and after a lost connection once more. It does not know how events arrive.
 */

import { everyoneIn, type Target } from "../../core/model/target.ts";
import type { Turn } from "../../core/socket/turn.ts";
import { isPoison, poisonous, type Suspect } from "../bus/open-requests.ts";
import { CommandQueue } from "./command-queue.ts";
import { LossTracker } from "./loss-tracker.ts";
import { isEvent, type PendingEvent, PendingEvents } from "./pending-events.ts";
import type { StreamChannels } from "./stream-channels.ts";
import { encodePassed, isLossMarker, lossMarker, type UnsequencedEvent } from "./stream-event.ts";
import { BrokerError, type StreamLink, type StreamRef } from "./stream-link.ts";

/** The port that a publisher needs of its node. */
export interface PublisherNode {
  /** The id of this node. */
  readonly node: string;
  /** The id for the next event of this node, to any namespace. */
  nextId(): number;
  /** The broker refuses one event or message for its content. */
  onUnkept(what: "event" | "message", error: unknown): void;
  /** Reports an error that has no other receiver. */
  report(error: unknown): void;
}

/** The port through which a publisher sends requests to the broker. */
export interface PublisherSync {
  /** Whether events get offsets now. */
  readonly isUp: boolean;
  /**
   * Sends a request to the broker.
   *
   * @throws when there is no connection, or it breaks
   */
  ask<Answer>(
    what: (link: StreamLink, place: StreamRef, epoch: string) => Promise<Answer>,
    suspect?: Suspect | null,
  ): Promise<Answer>;
}

/** The port that a publisher needs of its stream. */
export interface PublisherOwner {
  readonly channels: StreamChannels;
  readonly sync: PublisherSync;
  /** The latest offset that was delivered or skipped here. */
  readonly offset: number;
  /** Whether events are delivered without waiting for offsets. */
  readonly isDetached: boolean;
  /** Too much is pending: stops waiting for offsets. */
  detach(): void;
  /** Delivers an event that gets no offset; `isUnsent` where the broker cannot have it. */
  onUnsequenced(event: UnsequencedEvent, isUnsent: boolean): void;
  /** Delivers an event that the broker refuses. */
  onEventRefused(event: UnsequencedEvent): void;
  /** Some events or messages are not pending any more. */
  onSettled(): void;
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

/** The most passed messages without an answer. */
const maxPassing = 1000;

/** Sends the events and messages of this node. */
export class StreamPublisher {
  readonly #namespace: string;
  readonly #owner: PublisherNode;
  readonly #stream: PublisherOwner;
  readonly #commands: CommandQueue;
  readonly #pending = new PendingEvents();
  readonly #lost = new LossTracker();
  /** Passed messages without an answer. */
  readonly #passing = new Set<OwnMessage>();
  /** Called when the connection breaks. */
  readonly #breaks = new Set<() => void>();
  /** The request for the latest offset in this turn. */
  #head: Promise<number> | null = null;
  #sent = 0;
  /** Own events up to this id were delivered without an offset, even if the broker kept them. */
  #abandoned = 0;

  /**
   * @param namespace - the namespace of the events
   * @param owner - the node
   * @param stream - the stream that delivers the events
   */
  constructor(namespace: string, owner: PublisherNode, stream: PublisherOwner) {
    this.#namespace = namespace;
    this.#owner = owner;
    this.#stream = stream;
    this.#commands = new CommandQueue((channel) => stream.channels.confirmed(channel));
  }

  /** Whether no event or turn is pending. */
  get isIdle(): boolean {
    return this.#pending.isEmpty;
  }

  /** Whether no event, turn or passed message is pending. */
  get isDrained(): boolean {
    return this.isIdle && this.#passing.size === 0;
  }

  /** Whether the loss of an event has still to be told. */
  get hasLosses(): boolean {
    return !this.#lost.isEmpty;
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
      this.#stream.detach();
      this.#take(turn);
    }
  }

  /**
   * Resolves to the latest offset between the events that this node has sent so far and those that it sends
   * later.
   *
   * @throws as {@link PublisherSync.ask} does
   */
  head(): Promise<number> {
    const heard = this.#stream.offset;
    this.#head ??= this.#askHead();
    return this.#head.then((offset) => Math.max(offset, heard));
  }

  /** Sends an event. It is delivered when it comes back. */
  append(event: UnsequencedEvent): void {
    const id = this.#owner.nextId();
    this.#sent = id;
    const pending = this.#stream.isDetached ? "full" : this.#pending.add(this.#owner.node, id, event);
    if (pending === "too large") {
      this.#refuse(event, new Error("An event is larger than what may be under way to the message queue."));
    } else if (pending === "full") {
      this.#stream.detach();
      this.#abandoned = id;
      this.#abandon(event);
    } else if (this.#stream.sync.isUp) {
      this.#send(pending);
    }
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
    if (this.#stream.isDetached) return false;
    const isFull = this.#passing.size >= maxPassing;
    if (isFull || !this.#stream.sync.isUp) {
      if (!isAgain) return true;
      if (isFull) return false;
    }
    const channels = target === null ? [this.#stream.channels.everyone] : this.#stream.channels.of(target);
    const after = this.#sent;
    const own = {
      channels,
      after,
      isAgain,
      breaks: 0,
      bytes: encodePassed({ origin: this.#owner.node, after, message }),
    };
    this.#passing.add(own);
    if (this.#stream.sync.isUp) this.#sendPassed(own);
    return true;
  }

  /** An event for a target got no offset, so a loss marker has to tell clients that are away. */
  lose(target: Target): void {
    this.#lost.add(target);
  }

  /** Sends a loss marker for the events that got no offset. */
  markLosses(): void {
    if (this.#lost.isEmpty) return;
    this.append({ target: this.#lost.take(this.#namespace), event: lossMarker, compress: true });
  }

  /** The stream is up: sends again what the broker has not answered. */
  onUp(): void {
    this.#sendAgain();
    this.markLosses();
  }

  /** The stream is not up any more: drops what {@link StreamPublisher.onUp} does not send again. */
  onInterrupt(): void {
    this.#commands.clear();
    for (const own of this.#passing) if (!own.isAgain) this.#passing.delete(own);
    this.#head = null;
    for (const stop of [...this.#breaks]) stop();
    this.#breaks.clear();
  }

  /** Whether this node has delivered an own event without its offset. */
  isAbandoned(id: number): boolean {
    return id <= this.#abandoned;
  }

  /** All events so far count as delivered without an offset. */
  abandonSent(): void {
    this.#abandoned = this.#owner.nextId();
  }

  /** Removes and returns all pending events and turns. */
  takePending(): readonly (PendingEvent | Turn)[] {
    return this.#pending.takeAll();
  }

  /** Delivers events without offsets, and takes turns. */
  abandon(items: readonly (PendingEvent | Turn)[]): void {
    for (const item of items) {
      if (isEvent(item)) this.#abandon(item, !item.isSent);
      else this.#take(item);
    }
  }

  /** Forgets the passed messages without an answer. */
  forgetPassing(): void {
    this.#passing.clear();
  }

  /** Takes the turns that wait, and forgets the events. */
  close(): void {
    for (const item of this.#pending.takeAll()) if (!isEvent(item)) this.#take(item);
  }

  /** An own event has come back. */
  settle(id: number): void {
    this.#pending.settle(id);
  }

  /** Settles own events that have an offset and do not come to this node. */
  sweep(): void {
    this.#pending.settleUntil(this.#stream.offset);
  }

  /** Some events were settled: takes the turns that waited for them. */
  goOn(): void {
    for (let turn = this.#pending.takeTurn(); turn !== undefined; turn = this.#pending.takeTurn()) {
      this.#take(turn);
    }
    if (this.isIdle) this.#stream.onSettled();
  }

  #send(pending: PendingEvent): void {
    const channels = this.#stream.channels.of(pending.target);
    // A later request for the latest offset has to come behind this event.
    this.#head = null;
    this.#commands.send(channels, () => this.#sendNow(pending, channels));
  }

  #sendNow(pending: PendingEvent, channels: readonly string[]): void {
    const { id, message } = pending;
    pending.isSent = true;
    const entry = { origin: this.#owner.node, id, message, channels };
    this.#stream.sync
      .ask((link, place, epoch) => link.append(place, epoch, entry), pending)
      .then(
        (offset) => {
          pending.offset = offset;
          // The event comes back only on a channel that this node is subscribed to.
          const comes = channels.some((channel) => this.#stream.channels.isHeard(channel));
          if (!comes || pending.offset <= this.#stream.offset) {
            this.#pending.settle(id);
            this.goOn();
          }
        },
        (error: unknown) => {
          if (error instanceof BrokerError && error.isTooLarge) this.#giveUp(pending, error);
        },
      );
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

  #sendPassed(own: OwnMessage): void {
    this.#commands.send([], () => void this.#passNow(own));
  }

  async #passNow(own: OwnMessage): Promise<void> {
    try {
      await this.#stream.sync.ask(
        (link, place, epoch) => link.pass(place, epoch, own.channels, own.bytes),
        own,
      );
    } catch (error) {
      // After a lost connection it is sent again over the next one.
      if (own.isAgain && !(error instanceof BrokerError)) return;
      if (error instanceof BrokerError && error.isTooLarge) this.#owner.onUnkept("message", error);
    }
    this.#forgetPassed(own);
  }

  #forgetPassed(own: OwnMessage): void {
    this.#passing.delete(own);
    if (this.#passing.size === 0) this.#stream.onSettled();
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
        this.#stream.sync.ask((link, place, epoch) => link.head(place, epoch)).then(resolve, reject);
      });
    });
  }

  #take(turn: Turn): void {
    try {
      turn.take();
    } catch (error) {
      this.#owner.report(error);
    }
  }

  /** Delivers an event without an offset. */
  #abandon(event: UnsequencedEvent, isUnsent = true): void {
    this.#lost.add(event.target);
    if (!isLossMarker(event)) this.#stream.onUnsequenced(event, isUnsent);
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
      this.#stream.onEventRefused(event);
      this.lose(event.target);
    } else if (event.target.rooms !== null) {
      // The marker itself may name too many rooms.
      this.lose(everyoneIn(this.#namespace));
    }
    this.goOn();
    if (this.#stream.sync.isUp) this.markLosses();
  }
}
