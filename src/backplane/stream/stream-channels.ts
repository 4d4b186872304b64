/**
 * The channels of one recoverable namespace: their names, this node's subscriptions, and the latest offsets
 * on them.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { Target } from "../../core/model/target.ts";
import { type SubscriptionBus, Subscriptions } from "../bus/subscriptions.ts";
import { everyoneChannelIn, isRoomChannel, nodeChannelIn, roomChannelIn } from "./stream-link.ts";

/** How long an unused channel stays subscribed, in ms. */
const linger = 5000;

/** Names and subscribes to the channels of a namespace. */
export class StreamChannels {
  readonly #name: string;
  readonly #bus: SubscriptionBus;
  readonly #interest: Subscriptions;
  /** The offset of the latest event on each subscribed channel. */
  readonly #latest = new Map<string, number>();
  /** For each channel an offset after which every event on it is received. */
  readonly #since = new Map<string, number>();

  /**
   * @param name - the start of their names
   * @param bus - subscribes
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

  /** The channel for all clients. */
  get everyone(): string {
    return everyoneChannelIn(this.#name);
  }

  /** The channel of a room, or of one client by its sid. */
  room(room: string): string {
    return roomChannelIn(this.#name, room);
  }

  /** The channel of a node. */
  node(node: string): string {
    return nodeChannelIn(this.#name, node);
  }

  /** The channels of an event for a target, each once. */
  of({ sid, rooms }: Target): string[] {
    if (sid !== null) return [this.room(sid)];
    if (rooms === null) return [this.everyone];
    return [...new Set(rooms)].map((room) => this.room(room));
  }

  /** Whether an event for a target may come on a channel. */
  carries(channel: string, { sid, rooms }: Target): boolean {
    // Events for all clients and for several rooms may come on the other channels.
    if (!isRoomChannel(this.#name, channel)) return true;
    if (sid !== null) return channel === this.room(sid);
    return rooms?.some((room) => channel === this.room(room)) === true;
  }

  /** Holds a channel once more; the first hold subscribes. */
  hold(channel: string): void {
    this.#interest.hold(channel);
  }

  /** Holds a channel once less. */
  release(channel: string): void {
    this.#interest.release(channel);
  }

  /**
   * Resolves when the subscription to a channel is confirmed; `null` when it is, or the channel is unused.
   */
  confirmed(channel: string): Promise<void> | null {
    return this.#interest.confirmed(channel);
  }

  /** Whether this node is subscribed to a channel, or about to be. */
  isHeard(channel: string): boolean {
    return this.#latest.has(channel);
  }

  /** An offset after which every event on a channel is received; `undefined` when it is not known. */
  since(channel: string): number | undefined {
    return this.#since.get(channel);
  }

  /** This node was subscribed to a channel when an offset was the latest. */
  heardSince(channel: string, offset: number): void {
    if (this.isHeard(channel) && !this.#since.has(channel)) this.#since.set(channel, offset);
  }

  /** The offset of the latest event on a channel; 0 for none. */
  latestOf(channel: string): number {
    return this.#latest.get(channel) ?? 0;
  }

  /** An event came on a channel. */
  note(channel: string, offset: number): void {
    if (this.isHeard(channel)) this.#latest.set(channel, offset);
  }

  /** Forgets all offsets when an epoch ends. */
  forgetOffsets(): void {
    for (const channel of this.#latest.keys()) this.#latest.set(channel, 0);
    this.#since.clear();
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#interest.close();
    for (const channel of this.#latest.keys()) this.#bus.unsubscribe(channel);
    this.#latest.clear();
    this.#since.clear();
  }
}
