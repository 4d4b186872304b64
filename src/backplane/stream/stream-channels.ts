/** The channels of one recoverable namespace: what they are called, which are heard, and what was heard on them. */

import type { Clock } from "../../base/time/clock.ts";
import type { Target } from "../../core/model/target.ts";
import { type SubscriptionBus, Subscriptions } from "../bus/subscriptions.ts";
import { everyoneChannelIn, isRoomChannel, nodeChannelIn, roomChannelIn } from "./stream-link.ts";

/** How long a channel is heard that nobody wants any more, in ms. */
const linger = 5000;

/** See above. */
export class StreamChannels {
  readonly #name: string;
  readonly #bus: SubscriptionBus;
  readonly #interest: Subscriptions;
  /** The number of the latest event of each channel that is heard. */
  readonly #latest = new Map<string, number>();
  /** A number behind which everything on a channel is heard. */
  readonly #since = new Map<string, number>();

  /**
   * @param name - what their names begin with
   * @param bus - where to subscribe
   */
  constructor(name: string, bus: SubscriptionBus, clock: Clock) {
    this.#name = name;
    this.#bus = bus;
    const noting: SubscriptionBus = {
      subscribe: (channel) => {
        this.#latest.set(channel, 0);
        return bus.subscribe(channel);
      },
      unsubscribe: (channel) => {
        this.#latest.delete(channel);
        this.#since.delete(channel);
        bus.unsubscribe(channel);
      },
    };
    this.#interest = new Subscriptions(noting, linger, clock);
  }

  /** The channel of everybody. */
  get everyone(): string {
    return everyoneChannelIn(this.#name);
  }

  /** The channel of a room, or of a client's own. */
  room(room: string): string {
    return roomChannelIn(this.#name, room);
  }

  /** The channel of a process. */
  node(node: string): string {
    return nodeChannelIn(this.#name, node);
  }

  /** The channels on which an event is published, each once. */
  of({ sid, rooms }: Target): string[] {
    if (sid !== null) return [this.room(sid)];
    if (rooms === null) return [this.everyone];
    return [...new Set(rooms)].map((room) => this.room(room));
  }

  /** Whether an event for a target may come on a channel. */
  carries(channel: string, { sid, rooms }: Target): boolean {
    // What is for everybody may name some, and so may what is for several rooms.
    if (!isRoomChannel(this.#name, channel)) return true;
    if (sid !== null) return channel === this.room(sid);
    return rooms?.some((room) => channel === this.room(room)) === true;
  }

  /** Hears a channel, once more. */
  hold(channel: string): void {
    this.#interest.hold(channel);
  }

  /** Wants a channel once less. */
  release(channel: string): void {
    this.#interest.release(channel);
  }

  /** What to wait for until a channel is heard; `null` when it is, or nobody wants it. */
  confirmed(channel: string): Promise<void> | null {
    return this.#interest.confirmed(channel);
  }

  /** Whether a channel is heard, or about to be. */
  isHeard(channel: string): boolean {
    return this.#latest.has(channel);
  }

  /** The number behind which everything on a channel is heard; `undefined` where that is not known. */
  since(channel: string): number | undefined {
    return this.#since.get(channel);
  }

  /** A channel was heard already when a number was the latest. */
  heardSince(channel: string, offset: number): void {
    if (this.isHeard(channel) && !this.#since.has(channel)) this.#since.set(channel, offset);
  }

  /** The number of the latest event of a channel that was heard; 0 where there was none. */
  latestOf(channel: string): number {
    return this.#latest.get(channel) ?? 0;
  }

  /** An event was heard on a channel. */
  note(channel: string, offset: number): void {
    if (this.isHeard(channel)) this.#latest.set(channel, offset);
  }

  /** Numbers begin anew. */
  forgetOffsets(): void {
    for (const channel of this.#latest.keys()) this.#latest.set(channel, 0);
    this.#since.clear();
  }

  /** Hears nothing any more. */
  close(): void {
    this.#interest.close();
    for (const channel of this.#latest.keys()) this.#bus.unsubscribe(channel);
    this.#latest.clear();
    this.#since.clear();
  }
}
