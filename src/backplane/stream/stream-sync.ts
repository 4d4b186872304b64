/**
 * Keeps this node in step with the events that the broker keeps of one namespace. On each connection, and
 * when offsets begin again, it finds the epoch and reads the missed events; events that come live wait until
 * then. It knows offsets and epochs, not receivers.
 *
 * ```
 * down ──onLink──▶ syncing ──begin, read──▶ up
 * up ──a new epoch, a gap, a refusal──▶ syncing
 * syncing, up ──onDown──▶ down
 * ```
 */

import type { Clock } from "../../base/time/clock.ts";
import type { OpenRequests, Suspect } from "../bus/open-requests.ts";
import { CatchUpBuffer } from "./catch-up-buffer.ts";
import type { EventRange } from "./event-index.ts";
import { ReadCache, type StreamPart } from "./read-cache.ts";
import type { HeardEvent, StreamEvent } from "./stream-event.ts";
import { BrokerError, type StreamLink, type StreamRef } from "./stream-link.ts";
import type { StreamReader } from "./stream-reader.ts";

/** The port that the synchronisation needs of its node. */
export interface SyncNode {
  readonly clock: Clock;
  /** Requests without an answer of the broker. */
  readonly requests: OpenRequests;
  /** The broker has answered a request. */
  onAnswer(): void;
}

/** The port that the synchronisation needs of its stream. */
export interface SyncOwner {
  /** The latest offset that was delivered or skipped here. */
  readonly offset: number;
  /** Requests are not answered any more until the stream is up again. */
  onInterrupt(): void;
  /**
   * The stream goes on after an offset, and the events up to it are not delivered.
   *
   * @param isFirst - whether this node knew no epoch before
   */
  onSkip(offset: number, isFirst: boolean): void;
  /** The next events that this node has missed. */
  onMissed(entries: readonly StreamEvent[]): void;
  /** An event that has come live, behind all missed ones. */
  onHeard(heard: HeardEvent): void;
  /**
   * All missed events were delivered: events get offsets.
   *
   * @param waiting - the events that have come live until now
   */
  onUp(waiting: readonly HeardEvent[]): void;
  /** Unknown events were missed. Resolves when no client of this node can come back as it was. */
  onGap(): Promise<unknown>;
  /** The broker refuses requests. */
  onRefused(error: unknown): void;
}

/** The most events of one read. */
const chunk = 500;
/** How long to wait after a refusal, in ms. */
const retryDelay = 1000;

/** The synchronisation of one stream with the broker. */
export class StreamSync {
  readonly #place: StreamRef;
  readonly #node: SyncNode;
  readonly #stream: SyncOwner;
  readonly #reader: StreamReader;
  readonly #cache: ReadCache;
  readonly #buffer = new CatchUpBuffer();
  #epoch = "";
  #link: StreamLink | null = null;
  #state: "down" | "syncing" | "up" = "down";
  /** Counts the synchronisations and interruptions, so that a late answer finds that it is late. */
  #attempt = 0;

  /**
   * @param place - the namespace in the broker
   * @param node - the node
   * @param stream - receives the events
   * @param reader - reads them
   */
  constructor(place: StreamRef, node: SyncNode, stream: SyncOwner, reader: StreamReader) {
    this.#place = place;
    this.#node = node;
    this.#stream = stream;
    this.#reader = reader;
    this.#cache = new ReadCache((offset) => this.#readNow(offset), node.clock);
  }

  /** Whether events get offsets now. */
  get isUp(): boolean {
    return this.#state === "up";
  }

  /** The epoch; empty before the first. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Whether messages come on all channels in the order in which the broker took them. */
  get keepsOrder(): boolean {
    return this.#link?.keepsOrder === true;
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
    const { requests } = this.#node;
    if (suspect !== null) requests.add(suspect);
    try {
      const answer = await what(link, this.#place, this.#epoch);
      this.#node.onAnswer();
      if (suspect !== null) requests.settle(suspect);
      return answer;
    } catch (error) {
      // When the connection has ended, the message may be the reason.
      if (suspect !== null && error instanceof BrokerError) requests.settle(suspect);
      this.#onRefused(link, error);
      throw error;
    }
  }

  /**
   * Reads the events after an offset; `null` when some are gone.
   *
   * @throws as {@link StreamSync.ask} does
   */
  readAfter(offset: number): Promise<EventRange | null> {
    return this.#cache.readAfter(offset);
  }

  /** The node has a connection, and its subscriptions are confirmed. */
  onLink(link: StreamLink): void {
    this.#link = link;
    this.restart();
  }

  /** The node has lost its connection. */
  onDown(): void {
    this.#interrupt("down");
    this.#link = null;
  }

  /** An event has come live. */
  receive(heard: HeardEvent): void {
    if (this.isUp && heard.epoch === this.#epoch) {
      this.#stream.onHeard(heard);
    } else {
      if (this.isUp) this.restart();
      this.#buffer.add(heard);
    }
  }

  /** Synchronises again, because the broker may have begun a new epoch. */
  restart(): void {
    if (this.#link !== null) void this.#synchronise(this.#link);
  }

  /** Synchronises again after a delay, if the stream is up. */
  pause(): void {
    if (this.isUp && this.#link !== null) this.#later(this.#link);
  }

  /** The broker has left out events. They cannot be delivered in order any more: later ones already were. */
  async onGap(): Promise<void> {
    const link = this.#link;
    if (link === null || !this.isUp) return;
    const attempt = this.#attempt;
    await this.#stream.onGap();
    if (attempt === this.#attempt) await this.#synchronise(link, false);
  }

  /** Ends it for good. */
  close(): void {
    this.onDown();
    this.#cache.forget();
  }

  /** The broker has refused a request. A lost connection is handled by {@link StreamSync.onDown}. */
  #onRefused(link: StreamLink, error: unknown): void {
    if (link !== this.#link || !this.isUp || !(error instanceof BrokerError)) return;
    if (error.isEpochOver) this.restart();
    else if (!error.isTooLarge) this.#stream.onRefused(error);
  }

  #later(link: StreamLink): void {
    const attempt = this.#interrupt("syncing");
    this.#node.clock.after(retryDelay, () => {
      if (attempt === this.#attempt) void this.#synchronise(link);
    });
  }

  /**
   * Finds the epoch, and reads the events that this node has missed.
   *
   * @param isWhole - whether these can still be delivered; else the stream goes on at the latest offset
   */
  async #synchronise(link: StreamLink, isWhole = true): Promise<void> {
    const attempt = this.#interrupt("syncing");
    this.#cache.forget();
    const isCurrent = () => this.#attempt === attempt;
    try {
      for (let isAll = isWhole; ; ) {
        const { epoch, head } = await link.begin(this.#place);
        if (!isCurrent()) return;
        if (epoch !== this.#epoch || !isAll) this.#beginAt(epoch, head);
        isAll = await this.#catchUp(link, isCurrent);
        if (!isCurrent()) return;
        if (isAll) break;
        // The stream was trimmed: begin at the latest offset.
      }
    } catch (error) {
      // A lost connection is handled by onDown.
      if (!isCurrent() || !(error instanceof BrokerError)) return;
      if (!error.isEpochOver) this.#stream.onRefused(error);
      this.#later(link);
      return;
    }
    this.#state = "up";
    this.#stream.onUp(this.#buffer.takeAll().filter((heard) => heard.epoch === this.#epoch));
  }

  #beginAt(epoch: string, offset: number): void {
    const isFirst = this.#epoch === "";
    this.#epoch = epoch;
    this.#stream.onSkip(offset, isFirst);
  }

  /** Delivers missed events; `false` when some are gone. */
  async #catchUp(link: StreamLink, isCurrent: () => boolean): Promise<boolean> {
    for (;;) {
      this.#buffer.hasOverflown = false;
      const { entries, isLast } = await this.#read(link, this.#stream.offset);
      if (!isCurrent()) return true;
      if (entries === null) return false;
      this.#stream.onMissed(entries);
      if (isLast && !this.#buffer.hasOverflown) return true;
    }
  }

  async #read(link: StreamLink, offset: number): Promise<StreamPart> {
    const { head, entries: kept } = await link.read(this.#place, this.#epoch, offset, chunk);
    const entries = kept.map((each) => this.#reader.kept(each));
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

  /** Ends all requests and synchronisations that run. Returns the number of the new attempt. */
  #interrupt(state: "down" | "syncing"): number {
    this.#state = state;
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#stream.onInterrupt();
    return attempt;
  }
}
